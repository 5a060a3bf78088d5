# A fleet that grows at 80 % of its processors and shrinks at 75 %, on burstable instances with the agent inside.

variable "zip" {
  description = "The zip with the bootstrap."
  type        = string
  default     = "../../../../target/package/bootstrap.zip"
}

variable "subnets" {
  description = "Where the instances stand."
  type        = list(string)
}

variable "image" {
  description = "The image that infra/image made: the agent is in it, enabled."
  type        = string
}

module "stormglass" {
  source = "../.."
  zip    = var.zip
  shards = 2
}

resource "aws_launch_template" "shop" {
  name_prefix   = "shop-"
  image_id      = var.image
  instance_type = "t3.small"
  # Unlimited: a burst is paid and not suffered; the dashboard `burst` shows what it costs.
  credit_specification {
    cpu_credits = "unlimited"
  }
  iam_instance_profile {
    name = module.stormglass.agent_profile
  }
  metadata_options {
    http_tokens = "required"
    # A container is one hop further away.
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "shop" }
  }
}

resource "aws_autoscaling_group" "shop" {
  name_prefix         = "shop-"
  min_size            = 2
  max_size            = 6
  vpc_zone_identifier = var.subnets
  health_check_type   = "EC2"
  launch_template {
    id      = aws_launch_template.shop.id
    version = aws_launch_template.shop.latest_version
  }
}

locals {
  steps = {
    out = { by = 1, comparison = "GreaterThanOrEqualToThreshold", at = 80, minutes = 3 }
    # Slowly: what is taken away too soon comes back at once.
    in = { by = -1, comparison = "LessThanOrEqualToThreshold", at = 75, minutes = 15 }
  }
}

resource "aws_autoscaling_policy" "shop" {
  for_each                  = local.steps
  name                      = "shop-${each.key}"
  autoscaling_group_name    = aws_autoscaling_group.shop.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  estimated_instance_warmup = 180
  step_adjustment {
    scaling_adjustment          = each.value.by
    metric_interval_lower_bound = each.key == "out" ? 0 : null
    metric_interval_upper_bound = each.key == "in" ? 0 : null
  }
}

resource "aws_cloudwatch_metric_alarm" "shop" {
  for_each            = local.steps
  alarm_name          = "shop-scale-${each.key}"
  alarm_description   = "Scales the fleet; wakes nobody."
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = { AutoScalingGroupName = aws_autoscaling_group.shop.name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = each.value.comparison
  threshold           = each.value.at
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_autoscaling_policy.shop[each.key].arn]
}
