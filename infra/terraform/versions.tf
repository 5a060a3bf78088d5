terraform {
  required_version = ">= 1.7"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account   = data.aws_caller_identity.me.account_id
  partition = data.aws_partition.here.partition
  region    = data.aws_region.here.name
  of_log    = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:"
  of_bus    = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus"
  of_ssm    = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter"
}
