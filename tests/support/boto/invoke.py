"""Makes a function of {"zip": base64, "environment": {...}} as `provided.al2023`, or takes the one that is there, sends
it each of {"events"}, gives back the answers."""

import base64
import json

import door

asked = door.given()
functions = door.client("lambda")
if "zip" in asked:
    functions.create_function(
        FunctionName="stormglass",
        Runtime="provided.al2023",
        Role="arn:aws:iam::000000000000:role/stormglass",
        Handler="bootstrap",
        Timeout=20,
        Environment={"Variables": asked.get("environment", {})},
        Code={"ZipFile": base64.b64decode(asked["zip"])},
    )
answers = []
for event in asked["events"]:
    answer = functions.invoke(FunctionName="stormglass", Payload=json.dumps(event))
    answers.append(json.load(answer["Payload"]))
door.answer(answers)
