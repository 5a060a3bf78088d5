//! I press a service the way its users would, and say honestly whether the service or I was the limit.
