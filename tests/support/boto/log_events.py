"""Every event of a group: {"group"} and perhaps {"stream"}. Gives [{"stream", "time_ms", "message"}, ...] in order."""

import door

asked = door.given()
logs = door.client("logs")
streams = [asked["stream"]] if "stream" in asked else [
    stream["logStreamName"]
    for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=asked["group"])
    for stream in page["logStreams"]
]
found = []
for stream in streams:
    token, last = {}, None
    while True:
        page = logs.get_log_events(logGroupName=asked["group"], logStreamName=stream, startFromHead=True, **token)
        for event in page["events"]:
            found.append({"stream": stream, "time_ms": event["timestamp"], "message": event["message"]})
        # The end is told by a token that repeats itself.
        if page["nextForwardToken"] == last:
            break
        last = page["nextForwardToken"]
        token = {"nextToken": last}
door.answer(found)
