output "table" {
  description = "STORMGLASS_TABLE for stormglass incidents and silence."
  value       = aws_dynamodb_table.memory.name
}

output "function" {
  description = "The function, by its alias."
  value       = local.alias.arn
}

output "rules" {
  description = "Where parts of the rules are put."
  value       = "/${var.name}/rules/"
}

output "links" {
  description = "Where the links in notices lead."
  value       = aws_lambda_function_url.links.function_url
}

output "topics" {
  description = "The topics, by audience; chat is for Amazon Q Developer in chat applications alone."
  value       = local.topics
}

output "agent_profile" {
  description = "The instance profile for hosts on EC2."
  value       = aws_iam_instance_profile.agent.name
}

output "agent_policy" {
  description = "The policy for a role or a user that is there already."
  value       = aws_iam_policy.agent.arn
}

output "people_policy" {
  description = "The policy for whoever is on call."
  value       = aws_iam_policy.people.arn
}

output "deployment" {
  description = "With canary: what aws deploy create-deployment --revision takes to bring the newest version out."
  value = jsonencode({
    revisionType = "AppSpecContent"
    appSpecContent = {
      content = jsonencode({
        version = 0.0
        Resources = [{ function = {
          Type = "AWS::Lambda::Function"
          Properties = {
            Name           = var.name
            Alias          = "live"
            CurrentVersion = local.alias.function_version
            TargetVersion  = aws_lambda_function.function.version
          }
        } }]
      })
    }
  })
}
