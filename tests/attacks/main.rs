//! What somebody does who has taken over one department, one credential or one host, and what holds all the same.
//! One description, two sizes: the short form brings its own small deployment, the long one (`ops/attacks`) is
//! pointed at one that runs, by `BANGIOC_ATTACKS`, a file that says where everything is.

mod attack;
mod clients;
mod control;
mod feed;
mod ground;
mod http;
mod kafka;
mod middle;
mod operators;
mod people;
mod registry;
mod sent;
mod signals;
mod small;
mod source;
mod stores;

use std::env;
use std::path::Path;

use bangioc_tests::suite;
use ground::Ground;

fn main() {
    // Those last that leave a dataset the worse for it, should they succeed.
    let attacks = [
        kafka::ATTACKS,
        stores::ATTACKS,
        operators::ATTACKS,
        source::ATTACKS,
        people::ATTACKS,
        middle::ATTACKS,
        signals::ATTACKS,
        registry::ATTACKS,
        control::ATTACKS,
        clients::ATTACKS,
        feed::ATTACKS,
    ]
    .concat();
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if env::args().any(|argument| argument == "--table") {
        print!("{}", attack::table(&attacks));
        return;
    }
    if let Some(file) = env::var_os("BANGIOC_ATTACKS") {
        let ground = Ground::described(Path::new(&file));
        attack::report(&attacks, &ground, wanted.as_deref());
    }
    suite::run_in_turn(attack::checks(&attacks), ground::small, Ground::stop)
}
