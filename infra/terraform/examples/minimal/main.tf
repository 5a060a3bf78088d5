# The least: one e-mail address and the rules of the small shop.

variable "zip" {
  description = "The zip with the bootstrap."
  type        = string
  default     = "../../../../target/package/bootstrap.zip"
}

module "stormglass" {
  source        = "../.."
  zip           = var.zip
  on_call_email = "oncall@shop.example"
  ladder        = false
  rules         = { "10-shop" = file("${path.module}/../../../../examples/alarms/shop.toml") }
}

output "links" {
  value = module.stormglass.links
}
