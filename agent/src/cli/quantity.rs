//! Quantities as a person reads them.

pub(super) fn bytes(value: f64) -> String {
    const STEPS: &[(f64, &str)] = &[(1024.0 * 1024.0 * 1024.0, "GiB"), (1024.0 * 1024.0, "MiB"), (1024.0, "KiB")];
    match STEPS.iter().find(|(step, _)| value >= *step) {
        Some((step, unit)) => format!("{:.1} {unit}", value / step),
        None => format!("{value:.0} B"),
    }
}

pub(super) fn length(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    match minutes {
        0 => format!("{}s", seconds as u64),
        1..60 => format!("{minutes}m"),
        60..1_440 => format!("{}h {}m", minutes / 60, minutes % 60),
        _ => format!("{}d {}h", minutes / 1_440, minutes % 1_440 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(length(5.0), "5s");
        assert_eq!(length(59.0 * 60.0), "59m");
        assert_eq!(length(86_400.0 + 3_600.0), "1d 1h");
    }
}
