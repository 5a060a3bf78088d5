"""GetMetricData of one metric: {"namespace", "name", "dimensions": {..}, "from", "to", "period", "statistics": [..]}.

Gives {statistic: [[seconds, value], ...]}, oldest first; every page is read.
"""

import datetime

import door


def at(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


asked = door.given()
metric = {
    "Namespace": asked["namespace"],
    "MetricName": asked["name"],
    "Dimensions": [{"Name": name, "Value": value} for name, value in asked.get("dimensions", {}).items()],
}
period = asked.get("period", 60)
queries = [
    {"Id": f"q{n}", "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}
    for n, statistic in enumerate(asked["statistics"])
]
found = {statistic: [] for statistic in asked["statistics"]}
pages = door.client("cloudwatch").get_paginator("get_metric_data").paginate(
    MetricDataQueries=queries, StartTime=at(asked["from"]), EndTime=at(asked["to"]), ScanBy="TimestampAscending"
)
for page in pages:
    for result in page["MetricDataResults"]:
        statistic = asked["statistics"][int(result["Id"][1:])]
        times = [time.timestamp() for time in result["Timestamps"]]
        found[statistic] += [list(pair) for pair in zip(times, result["Values"])]
door.answer(found)
