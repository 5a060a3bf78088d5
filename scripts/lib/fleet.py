"""A fleet in a bottle: the Lambda service's own interface, and of CloudWatch, SSM and DynamoDB as much as one round asks.

fleet.py PROGRAM start ROUNDS           median milliseconds from the start of the process until it asks for its first event
fleet.py PROGRAM round SERIES ROUNDS    a round over so many series of three hours: its peak memory and processor time

Only for figures: what is right is tried against stand-ins of others (tests/lambda.rs).
"""
import http.server, json, os, re, statistics, struct, subprocess, sys, threading, time

import cbor2

PROGRAM, MODE = sys.argv[1], sys.argv[2]
SERIES = int(sys.argv[3]) if MODE == "round" else 0
RULES = """
[[audience]]
name = "on-call"
[[ladder]]
step = [{ after = "0s", tell = ["on-call"] }]
[[alarm]]
name = "memory"
namespace = "CWAgent"
metric = "mem_used_percent"
each = ["InstanceId"]
above = 90
for = "177m"
"""


def metric(number):
    return {
        "Namespace": "CWAgent",
        "MetricName": "mem_used_percent",
        "Dimensions": [{"Name": "InstanceId", "Value": f"i-{number:017x}"}],
    }


def seconds(value):
    return int(value.timestamp() if hasattr(value, "timestamp") else value)


def list_metrics(asked):
    start = int(asked.get("NextToken") or 0)
    page = {"Metrics": [metric(n) for n in range(start, min(start + 500, SERIES))]}
    if start + 500 < SERIES:
        page["NextToken"] = str(start + 500)
    return cbor2.dumps(page)


def array(count):
    return b"\x99" + struct.pack(">H", count)


def get_metric_data(asked):
    """Written by hand: cbor2 would take longer for the points than the program under test."""
    times = range(seconds(asked["StartTime"]), seconds(asked["EndTime"]), 60)
    stamps = array(len(times)) + b"".join(b"\xc1\x1a" + struct.pack(">I", at) for at in times)
    out = [b"\xa1", cbor2.dumps("MetricDataResults"), array(len(asked["MetricDataQueries"]))]
    for number, query in enumerate(asked["MetricDataQueries"]):
        values = b"".join(b"\xfb" + struct.pack(">d", 40 + (number * 7 + at // 60) % 31 / 2) for at in times)
        out += [b"\xa4", cbor2.dumps("Id"), cbor2.dumps(query["Id"]), cbor2.dumps("StatusCode"), cbor2.dumps("Complete")]
        out += [cbor2.dumps("Timestamps"), stamps, cbor2.dumps("Values"), array(len(times)), values]
    return b"".join(out)


CLOUDWATCH = {"ListMetrics": list_metrics, "GetMetricData": get_metric_data, "PutMetricData": lambda _: cbor2.dumps({})}
JSON = {
    "GetParameter": {"Parameter": {"Name": "/rules", "Value": RULES, "Type": "String"}},
    "GetItem": {}, "PutItem": {}, "UpdateItem": {}, "DeleteItem": {}, "TransactWriteItems": {}, "Query": {"Items": [], "Count": 0},
}
asked_first, answered = threading.Event(), threading.Event()
events, answers = [], []


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def give(self, body, kind="application/json", status=200, more=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *more):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        asked_first.set()
        while not events:
            time.sleep(0.001)
            if self.server.over:
                return
        deadline = int((time.time() + 60) * 1000)
        more = [("Lambda-Runtime-Aws-Request-Id", "one"), ("Lambda-Runtime-Deadline-Ms", str(deadline)),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:stormglass")]
        self.give(json.dumps(events.pop()).encode(), more=more)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = re.search(r"operation/(\w+)$", self.path)
        if self.path.endswith("/response"):
            answers.append(json.loads(body))
            answered.set()
            self.give(b"{}", status=202)
        elif operation:
            if self.headers.get("Content-Encoding") == "gzip":
                import gzip
                body = gzip.decompress(body)
            told = CLOUDWATCH[operation[1]](cbor2.loads(body))
            self.give(told, "application/cbor", more=[("smithy-protocol", "rpc-v2-cbor")])
        else:
            self.give(json.dumps(JSON[self.headers["X-Amz-Target"].split(".")[1]]).encode(), "application/x-amz-json-1.1")


def program(server):
    address = f"127.0.0.1:{server.server_address[1]}"
    environment = {
        "AWS_LAMBDA_RUNTIME_API": address, "AWS_ENDPOINT_URL": f"http://{address}", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "STORMGLASS_TABLE": "stormglass",
        "STORMGLASS_RULES": "/rules", "RUST_LOG": "error", "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": "stormglass", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_STREAM_NAME": "x", "AWS_LAMBDA_LOG_GROUP_NAME": "x",
    }
    return subprocess.Popen([PROGRAM], env=environment, stdout=subprocess.DEVNULL)


def status(pid, name):
    return int(re.search(rf"{name}:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])


def ticks(pid):
    return sum(map(int, open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11:13]))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads, server.over = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if MODE == "start":
        took = []
        for _ in range(int(sys.argv[3])):
            asked_first.clear()
            begun = time.monotonic()
            child = program(server)
            asked_first.wait(60)
            took.append((time.monotonic() - begun) * 1000)
            child.terminate(); child.wait(20)
            child.wait()
        print(f"{statistics.median(took):.1f} {max(took):.1f}")
        return
    child = program(server)
    asked_first.wait(60)
    hertz, spent = os.sysconf("SC_CLK_TCK"), []
    for _ in range(int(sys.argv[4])):
        answered.clear()
        before = ticks(child.pid)
        events.append({"round": {}})
        if not answered.wait(120):
            sys.exit("no answer")
        spent.append((ticks(child.pid) - before) / hertz)
    last = answers[0]
    if last["judged"] != SERIES + 1 or last["read"] != SERIES or last["troubles"]:
        sys.exit(f"not a whole round: {last}")
    print(f"{spent[0]:.2f} {status(child.pid, 'VmHWM') / 1024:.1f} {status(child.pid, 'Threads')} {min(spent[1:] or [0]):.2f}")
    child.terminate(); child.wait(20)


main()
