"""Every series of a namespace, whole: {"namespace", "from", "to"}. Gives [{"name", "dimensions", "unit", "sum",
"minimum", "maximum", "count", "p50", "p99"}, ...] by GetMetricData, each over one period of all the time.
"""

import datetime

import door

STATISTICS = {"sum": "Sum", "minimum": "Minimum", "maximum": "Maximum", "count": "SampleCount", "p50": "p50", "p99": "p99"}
DAY = 86400


def at(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


asked = door.given()
times = {"StartTime": at(asked["from"] // DAY * DAY), "EndTime": at(asked["to"] // DAY * DAY + DAY)}
client = door.client("cloudwatch")
pages = client.get_paginator("list_metrics").paginate(Namespace=asked["namespace"])
metrics = [metric for page in pages for metric in page["Metrics"]]
found = []
# GetMetricData takes 500 queries.
for begin in range(0, len(metrics), 80):
    some = metrics[begin : begin + 80]
    queries = [
        {"Id": f"{short}_{n}", "MetricStat": {"Metric": metric, "Period": DAY, "Stat": statistic}}
        for n, metric in enumerate(some)
        for short, statistic in STATISTICS.items()
    ]
    values = {}
    for page in client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, **times):
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    for n, metric in enumerate(some):
        points = client.get_metric_statistics(**metric, **times, Period=DAY, Statistics=["Sum"])["Datapoints"]
        found.append(
            {
                "name": metric["MetricName"],
                "dimensions": {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]},
                "unit": " and ".join(sorted({point["Unit"] for point in points})),
                **{short: (values.get(f"{short}_{n}") or [None])[0] for short in STATISTICS},
            }
        )
door.answer(found)
