"""Everything CloudWatch has: {"from", "to"}. Gives [{"namespace", "name", "dimensions", "unit", "sum", "minimum",
"maximum", "count"}, ...]: the values by GetMetricData over the whole time, the unit by GetMetricStatistics.
"""

import datetime

import door

STATISTICS = {"sum": "Sum", "minimum": "Minimum", "maximum": "Maximum", "count": "SampleCount"}
FOLD = {"sum": sum, "minimum": min, "maximum": max, "count": sum}
# GetMetricData takes 500 queries.
METRICS_A_CALL = 100


def at(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


asked = door.given()
times = {"StartTime": at(asked["from"]), "EndTime": at(asked["to"])}
client = door.client("cloudwatch")
metrics = [metric for page in client.get_paginator("list_metrics").paginate() for metric in page["Metrics"]]
found = []
for begin in range(0, len(metrics), METRICS_A_CALL):
    some = metrics[begin : begin + METRICS_A_CALL]
    queries = [
        {"Id": f"{short}{n}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}
        for n, metric in enumerate(some)
        for short, statistic in STATISTICS.items()
    ]
    values = {query["Id"]: [] for query in queries}
    for page in client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, **times):
        for result in page["MetricDataResults"]:
            values[result["Id"]] += result["Values"]
    for n, metric in enumerate(some):
        points = client.get_metric_statistics(**metric, **times, Period=60, Statistics=["Sum"])["Datapoints"]
        units = sorted({point["Unit"] for point in points})
        found.append(
            {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]},
                "unit": " and ".join(units),
                **{short: FOLD[short](values[f"{short}{n}"]) if values[f"{short}{n}"] else None for short in STATISTICS},
            }
        )
door.answer(found)
