//! The runner of the program under test: its own world and nobody else's.

use tests::Agent;

#[test]
fn a_command_sees_its_own_configuration() {
    let mut agent = Agent::new("");
    let sound = agent.run(&["check"]);
    assert!(sound.status.success(), "{sound:?}");
    agent.configure("[hots]\n# {folder}\n");
    let faulty = agent.run(&["check"]);
    assert_eq!(faulty.status.code(), Some(2));
    let says = String::from_utf8_lossy(&faulty.stderr).into_owned();
    let place = format!("{}:1:", agent.config_file().display());
    assert!(says.contains(&place) && says.contains("hots"), "{says}");
    let text = std::fs::read_to_string(agent.config_file()).unwrap();
    assert!(text.contains(&agent.folder().display().to_string()), "{text}");
}
