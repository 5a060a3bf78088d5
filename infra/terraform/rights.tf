# What each may, and no more: the same actions as infra/sam/template.yaml, which a test holds equal to the calls.

resource "aws_iam_role" "function" {
  name_prefix        = "${var.name}-function-"
  description        = "What the function of Stormglass calls, and no more."
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [merge(local.trust, { Principal = { Service = "lambda.amazonaws.com" } })] })
}

locals {
  trust      = { Effect = "Allow", Action = "sts:AssumeRole" }
  on_account = { StringEquals = { "aws:SourceAccount" = local.account } }
  on_table   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
}

resource "aws_iam_role_policy" "calls" {
  name = "calls"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # None of these knows a resource.
      { Sid = "ReadMetrics", Effect = "Allow", Resource = "*"
      Action = ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"] },
      { Sid = "SayHowItDoes", Effect = "Allow", Resource = "*", Action = "cloudwatch:PutMetricData"
      Condition = { StringEquals = { "cloudwatch:namespace" = "Stormglass" } } },
      { Sid = "ReadLightsail", Effect = "Allow", Resource = "*"
      Action = ["lightsail:GetInstances", "lightsail:GetInstanceMetricData"] },
      { Sid = "ReadWhatAgentsWrote", Effect = "Allow", Resource = "${local.of_log}/stormglass/*", Action = "logs:FilterLogEvents" },
      { Sid = "Remember", Effect = "Allow", Resource = aws_dynamodb_table.memory.arn, Action = local.on_table },
      { Sid = "ReadRulesAndSecrets", Effect = "Allow", Action = "ssm:GetParameter"
      Resource = [for name in ["link-key", "link-base", "webhook"] : "${local.of_ssm}/${var.name}/${name}"] },
      { Sid = "ReadPartsOfRules", Effect = "Allow", Action = "ssm:GetParametersByPath"
      Resource = ["${local.of_ssm}/${var.name}/rules", "${local.of_ssm}/${var.name}/rules/*"] },
      { Sid = "Tell", Effect = "Allow", Resource = values(local.topics), Action = "sns:Publish" },
      { Sid = "TellPrograms", Effect = "Allow", Resource = "${local.of_bus}/default", Action = "events:PutEvents" },
    ]
  })
}

# What the Lambda service itself does in the name of the function.
resource "aws_iam_role_policy" "platform" {
  name = "platform"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "WriteOwnLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.function.arn}:*" },
      { Sid = "LayDownWhatFailed", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.dead_letters.arn },
    ]
  })
}

resource "aws_iam_role" "schedule" {
  name_prefix = "${var.name}-schedule-"
  description = "Lets the schedules of Stormglass wake its function."
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    merge(local.trust, { Principal = { Service = "scheduler.amazonaws.com" }, Condition = local.on_account }),
  ] })
}

resource "aws_iam_role_policy" "schedule" {
  name = "wake"
  role = aws_iam_role.schedule.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = local.alias.arn },
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.dead_letters.arn },
  ] })
}

resource "aws_iam_role" "deploy" {
  count              = var.canary ? 1 : 0
  name_prefix        = "${var.name}-deploy-"
  description        = "Lets CodeDeploy move the function from version to version."
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [merge(local.trust, { Principal = { Service = "codedeploy.amazonaws.com" } })] })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  count      = var.canary ? 1 : 0
  role       = aws_iam_role.deploy[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
}

resource "aws_iam_policy" "agent" {
  name_prefix = "${var.name}-agent-"
  description = "What the agent of Stormglass calls, and no more."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "PublishMetrics", Effect = "Allow", Action = "cloudwatch:PutMetricData", Resource = "*"
      Condition = { StringEquals = { "cloudwatch:namespace" = var.namespaces } } },
      { Sid = "MakeLogGroups", Effect = "Allow", Action = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"]
      Resource = "${local.of_log}${var.log_groups}" },
      { Sid = "ShipLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.of_log}${var.log_groups}:log-stream:*" },
    ]
  })
}

resource "aws_iam_role" "agent" {
  name_prefix        = "${var.name}-agent-"
  description        = "The role of instances on which the agent of Stormglass runs."
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [merge(local.trust, { Principal = { Service = "ec2.amazonaws.com" } })] })
}

resource "aws_iam_role_policy_attachment" "agent" {
  role       = aws_iam_role.agent.name
  policy_arn = aws_iam_policy.agent.arn
}

resource "aws_iam_instance_profile" "agent" {
  name_prefix = "${var.name}-agent-"
  role        = aws_iam_role.agent.name
}

# Its key is made by hand: one that Terraform made would stand in the state.
resource "aws_iam_user" "agent" {
  count = var.agent_user ? 1 : 0
  name  = "${var.name}-agent"
}

resource "aws_iam_user_policy_attachment" "agent" {
  count      = var.agent_user ? 1 : 0
  user       = aws_iam_user.agent[0].name
  policy_arn = aws_iam_policy.agent.arn
}

resource "aws_iam_policy" "people" {
  name_prefix = "${var.name}-people-"
  description = "What stormglass calls for people: incidents, silences, backtests."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ReadMetrics", Effect = "Allow", Action = ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData"], Resource = "*" },
      { Sid = "IncidentsAndSilences", Effect = "Allow", Action = local.on_table, Resource = aws_dynamodb_table.memory.arn },
      { Sid = "AuditOfNotices", Effect = "Allow", Action = ["sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes"]
      Resource = values(local.topics) },
    ]
  })
}
