# The same parameters as infra/sam/template.yaml; a test holds that none is missing here.

variable "name" {
  description = "What everything is called by; the name of the stack in CloudFormation."
  type        = string
  default     = "stormglass"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,31}$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "zip" {
  description = "The zip with the bootstrap: scripts/package makes it."
  type        = string
}

variable "architecture" {
  description = "What the bootstrap in the zip was built for."
  type        = string
  default     = "x86_64"
  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "canary" {
  description = "Whether a new version goes out a tenth of the rounds first, by CodeDeploy; false: all at once, by apply."
  type        = bool
  default     = true
}

variable "shards" {
  description = "How many invocations a minute share the fleet."
  type        = number
  default     = 1
  validation {
    condition     = var.shards >= 1 && var.shards <= 16 && floor(var.shards) == var.shards
    error_message = "shards must be a whole number from 1 to 16."
  }
}

variable "retention_days" {
  description = "How long the logs of the function are kept."
  type        = number
  default     = 30
}

variable "on_call_email" {
  description = "An address that hears the topic on-call; it must confirm the mail that SNS sends. Empty: nobody yet."
  type        = string
  default     = ""
}

variable "ladder" {
  description = "Whether the module brings the people and the ladder; false where your own part of the rules names them."
  type        = bool
  default     = true
}

variable "rules" {
  description = "Parts of the rules by name, put together in the order of their names: { \"10-hosts\" = file(\"alarms.toml\") }."
  type        = map(string)
  default     = {}
  validation {
    # In bytes: 8,192 are 10,924 letters of base64. length() would count a Korean letter once.
    condition     = alltrue([for text in values(var.rules) : length(base64encode(text)) <= 10924])
    error_message = "A parameter of SSM holds 8 KB: cut the part between two [[alarm]] into two, like 10-hosts and 11-hosts."
  }
  validation {
    condition     = !contains(keys(var.rules), "00-people")
    error_message = "00-people is the module's own part; set ladder = false and call yours otherwise."
  }
}

variable "webhook" {
  description = "Whether on-call is also told by the Slack webhook in the SecureString parameter /NAME/webhook."
  type        = bool
  default     = false
}

variable "namespaces" {
  description = "Where agents may publish metrics; PutMetricData knows no other fence."
  type        = list(string)
  default     = ["CWAgent", "Stormglass"]
}

variable "log_groups" {
  description = "Log groups that agents may make and write; * stands for anything."
  type        = string
  default     = "/stormglass/*"
}

variable "agent_user" {
  description = "Whether there is an IAM user for agents on Lightsail and on servers elsewhere, which can have no role."
  type        = bool
  default     = false
}
