# How many points a second each judge takes, what it remembers, and what a round of many series costs. The crate stands
# alone, so it is built alone, with the profile `release`.
# shellcheck shell=bash
cargo bench --quiet --locked --package alarm --bench speed -- judges
printf '\n'
cargo bench --quiet --locked --package alarm --bench speed -- fleet
