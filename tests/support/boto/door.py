"""What every script here does: a client of SERVICE at URL, the input from standard input, JSON out.

Times go out as seconds since 1970; `{"$time": seconds}` in the input becomes a time.
"""

import datetime
import json
import sys

import boto3
import botocore.config
import botocore.model

# The protocol in which the Rust SDK speaks to CloudWatch, by another hand; boto3 would choose JSON by itself.
botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query", "rest-json", "rest-xml", "ec2")


def client(service):
    # One attempt: a test wants to see what the endpoint said, not what a retry made of it.
    # Nor may boto3 judge the input: the endpoint is to see what is wrong.
    once = {"total_max_attempts": 1}
    config = botocore.config.Config(retries=once, parameter_validation=False, connect_timeout=10, read_timeout=20)
    return boto3.client(service, endpoint_url=sys.argv[1], config=config)


def given():
    return json.load(sys.stdin, object_hook=_time)


def _time(item):
    if set(item) == {"$time"}:
        return datetime.datetime.fromtimestamp(item["$time"], datetime.timezone.utc)
    return item


def _plain(item):
    if isinstance(item, datetime.datetime):
        return item.timestamp()
    raise TypeError(f"{item!r} has no place in JSON")


def answer(result):
    if isinstance(result, dict):
        result.pop("ResponseMetadata", None)
    json.dump(result, sys.stdout, default=_plain)
