# terraform test: the module against a provider that makes nothing.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-2" }
  }
}

variables {
  zip = "tests/bootstrap.zip"
}

run "the_defaults_are_enough" {
  command = plan

  assert {
    condition     = length(aws_scheduler_schedule.shard) == 1
    error_message = "one shard, one schedule"
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.watcher) == 6
    error_message = "six alarms watch the function"
  }
  assert {
    condition     = length(aws_iam_user.agent) == 0 && length(aws_sns_topic_subscription.on_call) == 0
    error_message = "nobody is made who was not asked for"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.watcher["function-silent"].treat_missing_data == "breaching"
    error_message = "silence of the function must be a breach"
  }
  assert {
    condition     = aws_dynamodb_table.memory.point_in_time_recovery[0].enabled
    error_message = "the memory can be put back"
  }
}

run "a_new_version_takes_a_share_first_and_its_alarms_take_it_back" {
  command = plan

  assert {
    condition     = strcontains(aws_codedeploy_deployment_group.function[0].deployment_config_name, "LambdaCanary10Percent5Minutes")
    error_message = "a tenth of the rounds first"
  }
  assert {
    condition     = aws_codedeploy_deployment_group.function[0].deployment_style[0].deployment_option == "WITH_TRAFFIC_CONTROL"
    error_message = "the alias is moved by shares"
  }
  assert {
    condition     = aws_codedeploy_deployment_group.function[0].auto_rollback_configuration[0].enabled && contains(aws_codedeploy_deployment_group.function[0].auto_rollback_configuration[0].events, "DEPLOYMENT_STOP_ON_ALARM")
    error_message = "an alarm takes it back"
  }
  assert {
    condition     = aws_codedeploy_deployment_group.function[0].alarm_configuration[0].enabled && toset(aws_codedeploy_deployment_group.function[0].alarm_configuration[0].alarms) == toset(["stormglass-function-errors", "stormglass-rounds-missing", "stormglass-notices-failed"])
    error_message = "by these alarms"
  }
  assert {
    condition     = length(setsubtract(aws_codedeploy_deployment_group.function[0].alarm_configuration[0].alarms, [for alarm in aws_cloudwatch_metric_alarm.watcher : alarm.alarm_name])) == 0
    error_message = "every alarm that it names is made here"
  }
}

run "shards_share_the_fleet" {
  command = plan
  variables {
    shards = 4
  }

  assert {
    condition     = [for schedule in aws_scheduler_schedule.shard : jsondecode(schedule.target[0].input).round.shard] == [0, 1, 2, 3]
    error_message = "each shard has its number"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.watcher["rounds-missing"].threshold == 4
    error_message = "every shard must end its round"
  }
}

run "a_part_over_the_size_is_refused_with_the_way_out" {
  command = plan
  variables {
    rules = { "10-large" = join("", [for n in range(0, 900) : "##########"]) }
  }
  expect_failures = [var.rules]
}

run "a_shard_too_many_is_refused" {
  command = plan
  variables {
    shards = 17
  }
  expect_failures = [var.shards]
}

run "large_rules_take_the_advanced_tier" {
  command = plan
  variables {
    rules = { "10-large" = join("", [for n in range(0, 500) : "##########"]), "20-small" = "# nothing" }
  }

  assert {
    condition     = aws_ssm_parameter.rules["10-large"].tier == "Advanced" && aws_ssm_parameter.rules["20-small"].tier == "Standard"
    error_message = "the tier follows the size"
  }
}
