# Who is told. Not encrypted with the key of SNS: alarms of CloudWatch cannot publish to a topic that is.

resource "aws_sns_topic" "audience" {
  for_each     = toset(local.audiences)
  name         = "${var.name}-${each.key}"
  display_name = "Stormglass: ${each.key}"
}

resource "aws_sns_topic" "chat" {
  name         = "${var.name}-chat"
  display_name = "Stormglass: chat"
}

locals {
  topics = merge({ for name, topic in aws_sns_topic.audience : name => topic.arn }, { chat = aws_sns_topic.chat.arn })
}

resource "aws_sns_topic_policy" "audience" {
  for_each = toset(concat(local.audiences, ["chat"]))
  arn      = local.topics[each.key]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "OwnFunction"
          Effect    = "Allow"
          Principal = { AWS = aws_iam_role.function.arn }
          Action    = "sns:Publish"
          Resource  = local.topics[each.key]
        },
        {
          Sid       = "EncryptedOnTheWay"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = local.topics[each.key]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ],
      # Straight from CloudWatch, past the function: these alarms say that the function is ill.
      each.key != "on-call" ? [] : [{
        Sid       = "OwnAlarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topics[each.key]
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      }],
    )
  })
}

resource "aws_sns_topic_subscription" "on_call" {
  count     = var.on_call_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.audience["on-call"].arn
  protocol  = "email"
  endpoint  = var.on_call_email
}
