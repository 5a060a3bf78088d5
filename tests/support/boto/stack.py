"""Stands infra/sam up in a stand-in, as `aws cloudformation package` and `deploy` would, and takes it down.

{"do": "expand", "template": FILE}: what the SAM transform of AWS makes of it: {logical name: resource}.
{"do": "fit", "template": FILE, "to": FILE}: the same for infra/up, with the path of the zip as the template has it.
{"do": "up", "template": FILE, "name", "parameters": {}, "zip": base64}: {"status", "why": [], "resources": {logical name:
{"type", "id"}}, "outputs": {}, "left_out": {logical name: type}}.
{"do": "again", ...}: the same stack once more, as a change set: {"changes": [...]}, not executed.
{"do": "down", "name"}: {"status"}.

The stand-in has no CodeDeploy: those resources are left out and named. What else differs stands in `fit`.
"""

import base64
import json
import sys
import types

import botocore.exceptions
import door
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

CODE = {"Bucket": "packaged", "Key": "bootstrap.zip"}


def expand(asked):
    template = yaml_parse(open(asked["template"], encoding="utf-8").read())
    template["Resources"]["Function"]["Properties"]["CodeUri"] = CODE
    values = {name: spec.get("Default", "") for name, spec in template["Parameters"].items()}
    return transform(template, values | asked.get("parameters", {}), types.SimpleNamespace(load=dict))


def fit(template):
    """What a stand-in needs and AWS does not; gives back what it cannot make."""
    resources = template["Resources"]
    resources["Function"]["Properties"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = sys.argv[1]
    # ministack asks GetParametersByPath of every resource; AWS asks it of the path.
    for statement in resources["FunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        if statement["Sid"] == "ReadPartsOfRules":
            statement["Resource"] = "*"
    # It holds to this as well, and is spoken to without TLS here.
    for name in ("TopicsPolicy", "DeadLettersPolicy"):
        document = resources[name]["Properties"]["PolicyDocument"]
        document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "EncryptedOnTheWay"]
    left_out = {}
    for name, resource in list(resources.items()):
        resource.pop("UpdatePolicy", None)
        if resource["Type"].startswith("AWS::CodeDeploy::") or name == "CodeDeployServiceRole":
            left_out[name] = resources.pop(name)["Type"]
    return left_out


def arguments(asked, template):
    parameters = asked.get("parameters", {}).items()
    return {
        "StackName": asked["name"],
        "TemplateBody": json.dumps(template, default=str),
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters],
    }


def up(asked):
    s3, stacks = door.client("s3"), door.client("cloudformation")
    s3.create_bucket(Bucket=CODE["Bucket"])
    s3.put_object(**CODE, Body=base64.b64decode(asked["zip"]))
    template = expand(asked)
    left_out = fit(template)
    stacks.create_stack(**arguments(asked, template))
    try:
        stacks.get_waiter("stack_create_complete").wait(
            StackName=asked["name"], WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except botocore.exceptions.WaiterError:
        pass
    stack = stacks.describe_stacks(StackName=asked["name"])["Stacks"][0]
    events = stacks.describe_stack_events(StackName=asked["name"])["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    there = stacks.list_stack_resources(StackName=asked["name"])["StackResourceSummaries"]
    return {
        "status": stack["StackStatus"],
        "why": [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed],
        "resources": {
            one["LogicalResourceId"]: {"type": one["ResourceType"], "id": one.get("PhysicalResourceId")} for one in there
        },
        "outputs": {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
        "left_out": left_out,
    }


def fitted(asked):
    template = expand(asked)
    left_out = fit(template)
    template["Resources"]["Function"]["Properties"]["Code"] = "../../target/package/bootstrap.zip"
    template.pop("Transform", None)
    with open(asked["to"], "w", encoding="utf-8") as file:
        json.dump(template, file, default=str, indent=1)
    return {"left_out": left_out}


def again(asked):
    stacks = door.client("cloudformation")
    template = expand(asked)
    fit(template)
    stacks.create_change_set(ChangeSetName="again", ChangeSetType="UPDATE", **arguments(asked, template))
    for _ in range(60):
        made = stacks.describe_change_set(ChangeSetName="again", StackName=asked["name"])
        if made["Status"] in ("CREATE_COMPLETE", "FAILED"):
            break
    return {"status": made["Status"], "why": made.get("StatusReason", ""), "changes": made.get("Changes", [])}


def down(asked):
    stacks = door.client("cloudformation")
    stacks.delete_stack(StackName=asked["name"])
    stacks.get_waiter("stack_delete_complete").wait(StackName=asked["name"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return {"status": "gone"}


asked = door.given()
doing = {
    "expand": lambda: json.loads(json.dumps(expand(asked)["Resources"], default=str)),
    "fit": lambda: fitted(asked),
    "up": lambda: up(asked),
    "again": lambda: again(asked),
    "down": lambda: down(asked),
}
door.answer(doing[asked["do"]]())
