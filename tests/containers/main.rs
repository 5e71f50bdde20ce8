//! What people with Docker get: docker-compose.yml against the rest of the repository, and one smoke test over the
//! official images of PostgreSQL and Kafka, started with testcontainers: a row that a clerk commits in one goes
//! through the other into the store, by our own services. Access rights are on.
//!
//! Where no Docker engine answers the smoke test says so and is left out: everything else is tested without one.

mod accepted;
mod compose;
mod yaml;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bangioc_tests::platform::{PRINCIPALS, Platform, free_port};
use bangioc_tests::world::World;
use bangioc_tests::{root, secret, wait};
use libtest_mimic::{Arguments, Trial};
use testcontainers::bollard::models::PortBinding;
use testcontainers::core::client::docker_client_instance;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt};
use tokio::runtime::Runtime;

/// Pulling an image may take its time.
const START: Duration = Duration::from_mins(5);

fn main() {
    let arguments = Arguments::from_args();
    let runtime = Runtime::new().expect("a runtime");
    let mut trials = compose::trials();
    if arguments.list || runtime.block_on(an_engine_answers()) {
        let name = "a_row_arrives_over_the_official_images";
        trials.push(Trial::test(name, move || {
            a_row_arrives_over_the_official_images(&runtime)?;
            Ok(())
        }));
    } else {
        println!("a_row_arrives_over_the_official_images: left out, no Docker engine answers");
    }
    libtest_mimic::run(&arguments, trials).exit();
}

async fn an_engine_answers() -> bool {
    match docker_client_instance().await {
        Ok(engine) => engine.ping().await.is_ok(),
        Err(_) => false,
    }
}

fn a_row_arrives_over_the_official_images(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let dir = root().join("target/tests/containers");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let (kafka_port, postgres_port) = (free_port(), free_port());
    // Goes last: containers are removed by asking the engine, inside a runtime.
    let _inside = runtime.enter();
    let (_kafka, _postgres) = runtime.block_on(async {
        tokio::try_join!(kafka(&dir, kafka_port), postgres(&dir, postgres_port))
    })?;
    let kafka = BTreeMap::from([("KAFKA".to_owned(), format!("127.0.0.1:{kafka_port}"))]);
    let postgres = BTreeMap::from(
        [
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", &postgres_port.to_string()),
            ("PGUSER", "postgres"),
            ("PGPASSWORD", "postgres"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let platform = Platform::over(dir, kafka, postgres);
    // A published port takes connections from the first moment on; only an answer says that somebody is there.
    wait::until("PostgreSQL", START, || platform.try_sql("postgres", "select 1"));
    let world = World::new(&platform, "images", &["so-yt"]);
    let (_capture, _store) = (world.capture("so-yt"), world.shared_store("store"));
    world.source("so-yt", FACILITY);
    world.converge(&[]);
    let rows = world.in_store("select count(*) from shared.health_facility");
    wait::holds(rows == ["1"], format!("{rows:?} rows in the store"))?;
    platform.stop();
    Ok(())
}

const FACILITY: &str = "insert into health_facility (facility_code, name_vi, kind, commune_code, lon, lat, departments) \
    values ('04001', 'Trạm y tế Mẫu', 'station', '01273', 106.25, 22.66, array['Nội', null, ''])";

/// Kafka, started by the script that docker-compose.yml starts it with.
async fn kafka(dir: &Path, port: u16) -> Result<ContainerAsync<GenericImage>, Box<dyn Error>> {
    let secrets = dir.join("kafka/secrets");
    fs::create_dir_all(&secrets)?;
    let image = GenericImage::new("apache/kafka", "4.3.1").with_entrypoint("bash");
    let mut request = published(image.into(), "9092/tcp", port)
        .with_cmd(["/opt/bangioc/docker/kafka-start"])
        .with_env_var("SECRETS", "/opt/bangioc/secrets")
        .with_env_var("DATA", "/tmp/bangioc-data")
        .with_env_var("ADVERTISED", format!("CLIENT://127.0.0.1:{port}"))
        .with_env_var("KAFKA_HEAP_OPTS", "-Xmx512m")
        .with_startup_timeout(START);
    for script in ["docker/kafka-start", "sh/kafka.sh"] {
        request =
            request.with_copy_to(format!("/opt/bangioc/{script}"), root().join("ops").join(script));
    }
    for principal in PRINCIPALS.split(',').chain(["admin"]) {
        let password = format!("{:016x}", rand::random::<u64>());
        secret::write(&secrets.join(principal), &password);
        request = request
            .with_copy_to(format!("/opt/bangioc/secrets/{principal}"), password.into_bytes());
    }
    Ok(request.start().await?)
}

async fn postgres(dir: &Path, port: u16) -> Result<ContainerAsync<GenericImage>, Box<dyn Error>> {
    let secrets = dir.join("postgres/secrets");
    fs::create_dir_all(&secrets)?;
    secret::write(&secrets.join("postgres"), "postgres");
    let request = published(GenericImage::new("postgres", "17").into(), "5432/tcp", port)
        .with_cmd(["postgres", "-c", "wal_level=logical", "-c", "fsync=off"])
        .with_env_var("POSTGRES_PASSWORD", "postgres")
        .with_startup_timeout(START);
    Ok(request.start().await?)
}

/// On loopback alone, at a port that is known before the start: Kafka tells its clients where it is.
fn published(
    request: ContainerRequest<GenericImage>,
    inside: &'static str,
    port: u16,
) -> ContainerRequest<GenericImage> {
    request.with_host_config_modifier(move |host| {
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: Some(port.to_string()),
        };
        host.publish_all_ports = Some(false);
        host.port_bindings =
            Some(HashMap::from([(inside.to_owned(), Some(vec![binding.clone()]))]));
    })
}
