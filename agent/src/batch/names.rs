//! The names that `CloudWatch` takes, and how a name that it would refuse is mended where the way is obvious.
//!
//! Obvious is what cannot make two series one: blanks around a name are cut, a leading colon goes, what is not
//! printable ASCII is percent-encoded as in an address, a dimension without a value is no dimension. Too long and too
//! many are not mended: to cut is to guess.

use alarm::series::{DIMENSION_VALUE_MAX, DIMENSIONS_MAX, Dimensions, NAME_MAX, Series};

/// The series as it can be published and whether it had to be mended; or why it cannot.
pub fn mend(series: &Series) -> Result<(Series, bool), String> {
    let namespace = word(&series.namespace, "namespace", NAME_MAX)?;
    let name = word(&series.name, "name", NAME_MAX)?;
    let mut dimensions = Dimensions::default();
    for (key, value) in series.dimensions.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let key = word(key, "dimension name", NAME_MAX)?;
        if dimensions.get(&key).is_some() {
            return Err(format!("{series}: two dimensions would be named {key}"));
        }
        dimensions.set(key, word(value, "dimension value", DIMENSION_VALUE_MAX)?);
    }
    if dimensions.len() > DIMENSIONS_MAX {
        return Err(format!("{series}: {} dimensions, and CloudWatch takes {DIMENSIONS_MAX}", dimensions.len()));
    }
    let mended = Series { namespace, name, dimensions };
    let changed = mended != *series;
    Ok((mended, changed))
}

fn word(text: &str, what: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    // A value may begin with a colon, a name may not.
    let text = if max == NAME_MAX { text.trim_start_matches(':').trim_start() } else { text };
    let mut word = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) {
            word.push(char::from(byte));
        } else {
            let hex = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
            word.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    match word.len() {
        0 => Err(format!("an empty {what}")),
        long if long > max => {
            let start: String = word.chars().take(60).collect();
            Err(format!("the {what} \"{start}...\" has {long} characters, and CloudWatch takes {max}"))
        }
        _ => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn series(name: &str, dimensions: &[(&str, &str)]) -> Series {
        Series { namespace: "N".into(), name: name.into(), dimensions: dimensions.iter().copied().collect() }
    }

    #[test]
    fn what_is_obvious_is_mended() {
        let (mended, changed) =
            mend(&series(" :cpu\n", &[("path", "/데"), ("empty", " "), ("at", ":80")])).expect("can be mended");
        assert!(changed);
        assert_eq!(mended.to_string(), "N/cpu{at=:80,path=/%EB%8D%B0}");
        let sound = series("cpu", &[("path", "/a b")]);
        assert_eq!(mend(&sound), Ok((sound, false)));
    }

    #[test]
    fn what_is_not_is_refused_and_named() {
        let long = "x".repeat(256);
        assert!(mend(&series(&long, &[])).is_err_and(|says| says.contains("256 characters")));
        assert_eq!(mend(&series(" : ", &[])), Err("an empty name".into()));
        let many: Vec<_> = (0..31).map(|n| (format!("d{n}"), "v".to_owned())).collect();
        let many = Series { dimensions: many.into_iter().collect(), ..series("cpu", &[]) };
        assert!(mend(&many).is_err_and(|says| says.starts_with("N/cpu{") && says.contains("31 dimensions")));
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_goes_out_is_acceptable(name in ".{0,300}", key in ".{0,300}", value in ".{0,1100}") {
            if let Ok((mended, _)) = mend(&series(&name, &[(&key, &value)])) {
                let sound = |word: &str, max| !word.is_empty() && word.len() <= max && word.bytes().all(|b| (b' '..=b'~').contains(&b));
                prop_assert!(sound(&mended.name, 255) && !mended.name.starts_with(':'));
                for (key, value) in &mended.dimensions {
                    prop_assert!(sound(key, 255) && !key.starts_with(':') && sound(value, 1_024));
                }
                prop_assert_eq!(mend(&mended), Ok((mended, false)));
            }
        }
    }
}
