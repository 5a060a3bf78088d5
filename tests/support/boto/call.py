"""One call or a list of them, in order: {"service": "cloudwatch", "operation": "list_metrics", "arguments": {...}}.

What the service refuses is an answer too: {"error": {"code", "message", "status"}}; so is a connection that fails:
{"error": {"code": "EndpointConnectionError" or the like}}.
"""

import botocore.exceptions
import botocore.parsers
import door


def call(asked):
    try:
        answer = getattr(clients[asked["service"]], asked["operation"])(**asked.get("arguments", {}))
        answer.pop("ResponseMetadata", None)
        return answer
    except botocore.exceptions.ClientError as refusal:
        error, meta = refusal.response["Error"], refusal.response["ResponseMetadata"]
        return {"error": {"code": error["Code"], "message": error["Message"], "status": meta["HTTPStatusCode"]}}
    except (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError) as broken:
        return {"error": {"code": type(broken).__name__, "message": str(broken)}}


given = door.given()
asked = given if isinstance(given, list) else [given]
clients = {service: door.client(service) for service in {call["service"] for call in asked}}
answers = [call(one) for one in asked]
door.answer(answers if isinstance(given, list) else answers[0])
