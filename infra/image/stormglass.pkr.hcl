# Packer: the same two files, on an image of one's own.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3.0"
    }
  }
}

variable "archive" {
  description = "What scripts/package made: stormglass-VERSION-x86_64-linux-gnu.tar.gz"
  type        = string
}

variable "region" {
  description = "Where the image is made."
  type        = string
}

source "amazon-ebs" "debian" {
  region        = var.region
  instance_type = "t3.small"
  ssh_username  = "admin"
  ami_name      = "stormglass-{{timestamp}}"
  source_ami_filter {
    filters     = { name = "debian-12-amd64-*", "virtualization-type" = "hvm", "root-device-type" = "ebs" }
    owners      = ["136693071363"]
    most_recent = true
  }
  metadata_options {
    http_tokens = "required"
  }
}

build {
  sources = ["source.amazon-ebs.debian"]

  provisioner "file" {
    sources     = ["${path.root}/tune", "${path.root}/settings"]
    destination = "/tmp/"
  }
  provisioner "file" {
    source      = var.archive
    destination = "/tmp/agent.tar.gz"
  }
  provisioner "shell" {
    inline = [
      "set -eu",
      "mkdir /tmp/agent && tar -xzf /tmp/agent.tar.gz -C /tmp/agent --strip-components=1",
      "sudo bash /tmp/tune apply --settings /tmp/settings --agent /tmp/agent",
      "sudo bash /tmp/tune check --settings /tmp/settings",
    ]
  }
}
