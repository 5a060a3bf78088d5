//! What exists. One shard lists for itself; of several whoever finds the list old lists for all, and each reads its own
//! part of it (`account::listing`).
//!
//! Nobody waits for a lister: while one lists, the others go by the old list, or, where there is none, list for
//! themselves. What cannot be listed leaves what stands.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use account::listing::EVERYWHERE;
use account::shard::{Shard, bucket};
use account::{Lines, Listing, Section};
use alarm::points::Time;
use alarm::round::homes;
use alarm::rules::Rules;
use alarm::series::Series;

use crate::outside::{Found, Outside, Trouble, Wanted};

/// What exists is listed this often: a new host is found within so long.
pub(super) const LISTED_S: Time = 300;
/// Series that one shard looks at.
const SERIES_MAX: usize = 200_000;

/// What is asked for, and by whom.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) shard: Shard,
    pub(super) rules: &'a Rules,
    /// Hash of the text of the rules.
    pub(super) text: u64,
    pub(super) wanted: &'a [Wanted],
    /// What was read of the shared list before.
    pub(super) held: Option<u64>,
    pub(super) now: Time,
}

#[derive(Debug)]
pub(super) struct Listed {
    /// `None`: as it stands.
    pub(super) series: Option<Vec<Series>>,
    pub(super) hosts: Vec<(String, bool)>,
    pub(super) at: Time,
    /// Of the part of the shared list that was read.
    pub(super) held: Option<u64>,
    /// A namespace that could not be listed.
    pub(super) unlisted: Option<(&'static str, Trouble)>,
    /// It is listed, and the others could not be told.
    pub(super) untold: Option<Trouble>,
}

pub(super) async fn list(out: &impl Outside, asked: &Asked<'_>) -> Result<Listed, Trouble> {
    if asked.shard == Shard::WHOLE {
        return Ok(alone(out, asked, None).await?.0);
    }
    let of = asked.of();
    let old = out.listing().await?;
    let ours = old.as_ref().filter(|it| it.of == of);
    let fresh = ours.filter(|it| (0..LISTED_S).contains(&(asked.now - it.at)));
    if let Some(listing) = fresh {
        return taken(out, asked, listing).await;
    }
    if out.claim_listing(asked.now).await? {
        return for_all(out, asked, &old.unwrap_or_default()).await;
    }
    match ours {
        Some(listing) => taken(out, asked, listing).await,
        None => Ok(alone(out, asked, None).await?.0),
    }
}

/// The part of this shard, where it changed.
async fn taken(out: &impl Outside, asked: &Asked<'_>, listing: &Listing) -> Result<Listed, Trouble> {
    let owners = asked.shard.owners();
    let is_ours = |name: &str| {
        let bucket = name.parse::<usize>().ok().and_then(|bucket| owners.get(bucket));
        name == EVERYWHERE || bucket == Some(&asked.shard.number())
    };
    let ours: Vec<(String, Section)> =
        listing.sections.iter().filter(|(name, _)| is_ours(name)).map(|(name, it)| (name.clone(), *it)).collect();
    let held = Some(hash(&(asked.of(), &ours)));
    let series = if held == asked.held { None } else { Some(out.sections(&ours).await?) };
    Ok(Listed { series, hosts: listing.hosts.clone(), at: listing.at, held, unlisted: None, untold: None })
}

/// Lists, keeps what is of this shard, and with `sections` puts all of it there.
async fn alone(
    out: &impl Outside,
    asked: &Asked<'_>,
    sections: Option<BTreeMap<String, Lines>>,
) -> Result<(Listed, BTreeMap<String, Lines>), Trouble> {
    let mut sorted = Sorted { asked, owners: asked.shard.owners(), own: Vec::new(), sections };
    let Found { hosts, unlisted } = out.discover(asked.wanted, &mut |page| sorted.take(page)).await?;
    let Sorted { mut own, sections, .. } = sorted;
    if own.len() > SERIES_MAX {
        let says = format!("{} series; only {SERIES_MAX} are looked at: give the fleet more shards", own.len());
        tracing::error!(code = "SG-LAM-014", says);
        own.truncate(SERIES_MAX);
    }
    let listed = Listed { series: Some(own), hosts, at: asked.now, held: None, unlisted, untold: None };
    Ok((listed, sections.unwrap_or_default()))
}

async fn for_all(out: &impl Outside, asked: &Asked<'_>, old: &Listing) -> Result<Listed, Trouble> {
    let (mut listed, sections) = alone(out, asked, Some(BTreeMap::new())).await?;
    // Half a list is for nobody else.
    if listed.unlisted.is_none() {
        listed.untold = tell(out, asked, old, &listed, &sections).await.err();
    }
    Ok(listed)
}

/// Pages first, then the head that names them, then away with what no head names.
async fn tell(
    out: &impl Outside,
    asked: &Asked<'_>,
    old: &Listing,
    listed: &Listed,
    sections: &BTreeMap<String, Lines>,
) -> Result<(), Trouble> {
    for (name, lines) in sections.iter().filter(|(name, lines)| old.sections.get(*name) != Some(&lines.section())) {
        out.keep_section(name, lines).await?;
    }
    let named = sections.iter().map(|(name, lines)| (name.clone(), lines.section())).collect();
    let new = Listing { of: asked.of(), at: asked.now, sections: named, hosts: listed.hosts.clone() };
    out.keep_listing(&new).await?;
    for (name, section) in old.sections.iter().filter(|(name, section)| new.sections.get(*name) != Some(*section)) {
        out.drop_section(name, *section).await?;
    }
    Ok(())
}

/// Puts series where they are judged, page by page as they come.
#[derive(Debug)]
struct Sorted<'a> {
    asked: &'a Asked<'a>,
    owners: Vec<u16>,
    own: Vec<Series>,
    /// By the name of the section, where it is listed for all.
    sections: Option<BTreeMap<String, Lines>>,
}

impl Sorted<'_> {
    fn take(&mut self, page: Vec<Series>) {
        if self.asked.shard == Shard::WHOLE {
            self.own.extend(page);
            return;
        }
        for series in page {
            let buckets: Option<BTreeSet<u8>> =
                homes(self.asked.rules, &series).map(|groups| groups.iter().map(|group| bucket(group)).collect());
            let mine = |bucket: &u8| self.owners[usize::from(*bucket)] == self.asked.shard.number();
            let is_ours = buckets.as_ref().is_none_or(|buckets| buckets.iter().any(mine));
            if let Some(sections) = &mut self.sections {
                let names = match &buckets {
                    Some(buckets) => buckets.iter().map(ToString::to_string).collect(),
                    None => vec![EVERYWHERE.to_owned()],
                };
                for name in names {
                    sections.entry(name).or_default().push(&series, hash(&series));
                }
            }
            if is_ours {
                self.own.push(series);
            }
        }
    }
}

impl Asked<'_> {
    /// What the list is of: other rules look for other series, and judge them elsewhere.
    fn of(&self) -> u64 {
        hash(&(self.text, self.wanted))
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
