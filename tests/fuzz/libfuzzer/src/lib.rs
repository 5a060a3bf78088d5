//! Nothing of its own: building this package builds `libfuzzer.a`, which scripts/fuzz then links.
