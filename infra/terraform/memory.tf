# What is remembered, and the rules by which it is judged.

resource "aws_dynamodb_table" "memory" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  ttl {
    attribute_name = "ttl"
    enabled        = true
  }
  point_in_time_recovery {
    enabled = true
  }
  # Encrypted with a key of DynamoDB's own, as every table is.
}

resource "aws_ssm_parameter" "people" {
  count       = var.ladder ? 1 : 0
  name        = "/${var.name}/rules/00-people"
  type        = "String"
  description = "Who is told, in which order. The audiences are those that the module has topics for."
  value       = <<-EOT
    [[audience]]
    name = "on-call"

    [[audience]]
    name = "department"

    [[audience]]
    name = "upper-department"

    [[ladder]]
    step = [
      { after = "0s", tell = ["on-call"] },
      { after = "30m", tell = ["department"] },
      { after = "1h", tell = ["upper-department"] },
    ]
  EOT
}

resource "aws_ssm_parameter" "rules" {
  for_each = var.rules
  name     = "/${var.name}/rules/${each.key}"
  type     = "String"
  # 4,096 bytes are 5,464 letters of base64.
  tier        = length(base64encode(each.value)) > 5464 ? "Advanced" : "Standard"
  value       = each.value
  description = "A part of the rules."
}
