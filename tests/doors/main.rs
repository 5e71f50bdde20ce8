//! Who answers is who was named, or hears nothing: the real binary before impostors with certificates of all
//! kinds, and before a real PostgreSQL and Kafka that have good ones.

mod certificate;
mod impostor;
mod peers;

use bangioc_tests::suite;
use peers::Peers;

type Check = fn(&Peers);

fn main() {
    let checks: [(&str, Check); 5] = [
        (
            "doors::an_impostor_of_a_database_gets_no_password",
            peers::an_impostor_of_a_database_gets_no_password,
        ),
        (
            "doors::an_unverified_database_is_answered_by_scram_alone",
            peers::an_unverified_database_is_answered_by_scram_alone,
        ),
        (
            "doors::a_real_database_is_believed_by_its_certificate",
            peers::a_real_database_is_believed_by_its_certificate,
        ),
        (
            "doors::an_impostor_of_kafka_gets_no_password",
            peers::an_impostor_of_kafka_gets_no_password,
        ),
        (
            "doors::a_real_kafka_is_believed_by_its_certificate",
            peers::a_real_kafka_is_believed_by_its_certificate,
        ),
    ];
    suite::run(checks.to_vec(), Peers::start, Peers::stop)
}
