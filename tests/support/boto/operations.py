"""The names of the operations of some services, by AWS's own models: {"sns": {"publish": "Publish", ...}}."""

import door

door.answer({service: door.client(service).meta.method_to_api_mapping for service in door.given()})
