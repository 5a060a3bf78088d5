"""ListMetrics, every page: {"namespace"} or nothing. Gives [{"namespace", "name", "dimensions": {..}}, ...], sorted."""

import door

asked = door.given()
filters = {"Namespace": asked["namespace"]} if "namespace" in asked else {}
found = [
    {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]},
    }
    for page in door.client("cloudwatch").get_paginator("list_metrics").paginate(**filters)
    for metric in page["Metrics"]
]
door.answer(sorted(found, key=lambda metric: (metric["namespace"], metric["name"], sorted(metric["dimensions"].items()))))
