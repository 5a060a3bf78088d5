# Alarms that watch the alarms: straight from CloudWatch to those on call.

locals {
  of_function = { FunctionName = aws_lambda_function.function.function_name }
  watchers = {
    function-errors = {
      says       = "The function that judges alarms ended with an error."
      namespace  = "AWS/Lambda", metric = "Errors", dimensions = local.of_function
      statistic  = "Sum", period = 60, periods = 3, breaching = 1
      comparison = "GreaterThanOrEqualToThreshold", threshold = 1, missing = "notBreaching"
    }
    function-silent = {
      says       = "Nobody judged an alarm for 5 minutes."
      namespace  = "AWS/Lambda", metric = "Invocations", dimensions = local.of_function
      statistic  = "Sum", period = 60, periods = 5, breaching = 5
      comparison = "LessThanThreshold", threshold = 1, missing = "breaching"
    }
    rounds-missing = {
      says       = "For 5 minutes not every shard ended its round: what is shown of alarms is old."
      namespace  = "Stormglass", metric = "lambda_rounds", dimensions = {}
      statistic  = "Sum", period = 60, periods = 5, breaching = 5
      comparison = "LessThanThreshold", threshold = var.shards, missing = "breaching"
    }
    dead-letters-waiting = {
      says       = "Something that was sent to the function was given up."
      namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = aws_sqs_queue.dead_letters.name }
      statistic  = "Maximum", period = 300, periods = 1, breaching = 1
      comparison = "GreaterThanOrEqualToThreshold", threshold = 1, missing = "notBreaching"
    }
    notices-failed = {
      says       = "Notices of Stormglass do not arrive; look at the console instead of waiting to be told."
      namespace  = "Stormglass", metric = "lambda_notices_failed", dimensions = {}
      statistic  = "Sum", period = 60, periods = 5, breaching = 3
      comparison = "GreaterThanOrEqualToThreshold", threshold = 1, missing = "notBreaching"
    }
    notices-dropped = {
      says       = "A notice of Stormglass was given up for good."
      namespace  = "Stormglass", metric = "lambda_notices_dropped", dimensions = {}
      statistic  = "Sum", period = 60, periods = 1, breaching = 1
      comparison = "GreaterThanOrEqualToThreshold", threshold = 1, missing = "notBreaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "watcher" {
  for_each            = local.watchers
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.says} Runbook: stormglass runbook ${each.key}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.breaching
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.audience["on-call"].arn]
  # Where silence is no breach an alarm is OK at once: told of that, people would hear of it when it is made.
  ok_actions = each.value.missing == "breaching" ? [aws_sns_topic.audience["on-call"].arn] : []
}

resource "aws_cloudwatch_log_metric_filter" "watcher" {
  for_each = {
    lambda_deaths        = "?\"Task timed out\" ?\"Runtime exited\" ?\"Runtime.ExitError\""
    lambda_errors_logged = "\"ERROR\" \"SG-\""
  }
  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = each.value
  metric_transformation {
    namespace     = "Stormglass"
    name          = each.key
    value         = "1"
    default_value = "0"
  }
}
