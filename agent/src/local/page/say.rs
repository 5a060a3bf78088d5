//! How the page speaks to one reader: language, clock, theme.

use alarm::notice::say;
use alarm::points::Time;
use alarm::series::Unit;
use alarm::team::Language;
use alarm::zone::Zone;

use super::chart::Range;

/// The colours; `Auto` is what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Say {
    pub(crate) language: Language,
    pub(crate) zone: Zone,
    pub(crate) theme: Theme,
    /// What the reader looks back over, where that was chosen: another language does not change it.
    pub(crate) range: Option<Range>,
    pub(crate) now: Time,
}

impl Say {
    pub(super) fn t<'a>(&self, en: &'a str, ko: &'a str) -> &'a str {
        match self.language {
            Language::En => en,
            Language::Ko => ko,
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self.language {
            Language::En => "en",
            Language::Ko => "ko",
        }
    }

    pub(super) fn duration(&self, seconds: f64) -> String {
        say::duration(seconds, self.language)
    }

    pub(super) fn moment(&self, time: Time) -> String {
        say::moment(time, self.now, &self.zone, self.language)
    }

    /// `12 m ago`
    pub(super) fn ago(&self, time: Time) -> String {
        let length = self.duration(self.now.saturating_sub(time).max(0) as f64);
        match self.language {
            Language::En => format!("{length} ago"),
            Language::Ko => format!("{length} 전"),
        }
    }
}

/// A value with its unit, or a dash.
pub(super) fn shown(value: Option<f64>, unit: Unit) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "–".to_owned(), |value| say::measured(value, unit))
}

/// `ko` or `en`, as a browser lists them.
pub(super) fn language_of(accepts: &str) -> Option<Language> {
    accepts.split(',').find_map(|one| language(one.split([';', '-']).next().unwrap_or_default().trim()))
}

pub(super) fn language(code: &str) -> Option<Language> {
    match code {
        "en" => Some(Language::En),
        "ko" => Some(Language::Ko),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_its_languages() {
        assert_eq!(language_of("ko-KR,ko;q=0.9,en-US;q=0.8"), Some(Language::Ko));
        assert_eq!(language_of("fr-FR, en;q=0.7"), Some(Language::En));
        assert_eq!(language_of("de"), None);
    }
}
