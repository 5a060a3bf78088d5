# The function, what wakes it, and where what failed is laid down.

locals {
  audiences = ["on-call", "department", "upper-department"]
  outlets = merge(
    { for audience in local.audiences : audience => merge(
      { topic = aws_sns_topic.audience[audience].arn, chat_topic = aws_sns_topic.chat.arn },
      audience == "on-call" && var.webhook ? { webhook = "/${var.name}/webhook" } : {},
    ) },
    { "*" = { topic = aws_sns_topic.audience["on-call"].arn } },
  )
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.retention_days
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "HostEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letters.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.hosts.arn } }
      },
      {
        Sid       = "EncryptedOnTheWay"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letters.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_lambda_function" "function" {
  function_name    = var.name
  description      = "Judges the alarms, remembers, tells people."
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  # It holds some 40 MB at most; the rest buys the processor that comes with memory.
  memory_size = 256
  # The next round begins after a minute.
  timeout = 50
  role    = aws_iam_role.function.arn
  publish = true

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  environment {
    variables = {
      STORMGLASS_TABLE    = aws_dynamodb_table.memory.name
      STORMGLASS_RULES    = "/${var.name}/rules/"
      STORMGLASS_LINK_KEY = "/${var.name}/link-key"
      # A parameter, for the address is known only when the function is there.
      STORMGLASS_LINK_BASE = "/${var.name}/link-base"
      STORMGLASS_EVENT_BUS = "default"
      STORMGLASS_OUTLETS   = jsonencode(local.outlets)
    }
  }
  depends_on = [aws_iam_role_policy.calls, aws_iam_role_policy.platform]
}

# Two resources for one alias, for Terraform can ignore a change always or never: CodeDeploy moves the one from version to
# version, apply moves the other.
resource "aws_lambda_alias" "canary" {
  count            = var.canary ? 1 : 0
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_alias" "plain" {
  count            = var.canary ? 0 : 1
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
}

locals {
  alias = one(concat(aws_lambda_alias.canary, aws_lambda_alias.plain))
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.function.function_name
  qualifier                    = local.alias.name
  maximum_event_age_in_seconds = 60
  # A round that did not run is worth nothing a minute later: the next one reads the same points.
  maximum_retry_attempts = 0
}

resource "aws_codedeploy_app" "function" {
  count            = var.canary ? 1 : 0
  name             = var.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "function" {
  count                  = var.canary ? 1 : 0
  app_name               = aws_codedeploy_app.function[0].name
  deployment_group_name  = var.name
  deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  service_role_arn       = aws_iam_role.deploy[0].arn
  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }
  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }
  alarm_configuration {
    enabled = true
    alarms  = [for name in ["function-errors", "rounds-missing", "notices-failed"] : aws_cloudwatch_metric_alarm.watcher[name].alarm_name]
  }
}

# One schedule a shard, each minute.
resource "aws_scheduler_schedule" "shard" {
  count               = var.shards
  name                = "${var.name}-${count.index}"
  schedule_expression = "rate(1 minute)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = local.alias.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ round = { shard = count.index, of = var.shards } })
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }
}

# Hosts that are stopped on purpose are no trouble.
resource "aws_cloudwatch_event_rule" "hosts" {
  name          = "${var.name}-hosts"
  description   = "Tells the function which instances were stopped or started."
  event_pattern = jsonencode({ source = ["aws.ec2"], "detail-type" = ["EC2 Instance State-change Notification"] })
}

resource "aws_cloudwatch_event_target" "hosts" {
  rule      = aws_cloudwatch_event_rule.hosts.name
  target_id = "function"
  arn       = local.alias.arn
  retry_policy {
    maximum_retry_attempts       = 10
    maximum_event_age_in_seconds = 3600
  }
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_lambda_permission" "hosts" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function.function_name
  qualifier     = local.alias.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.hosts.arn
}

# The link in a notice: open to the internet, for people who click it are in no account; each request must carry a
# signature of ours, and only a POST acts. The provider adds the permission that a URL without IAM needs.
resource "aws_lambda_function_url" "links" {
  function_name      = aws_lambda_function.function.function_name
  qualifier          = local.alias.name
  authorization_type = "NONE"
}

resource "aws_ssm_parameter" "link_base" {
  name        = "/${var.name}/link-base"
  type        = "String"
  value       = aws_lambda_function_url.links.function_url
  description = "Where the links in notices lead."
}
