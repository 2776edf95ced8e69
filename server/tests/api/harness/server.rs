//! A server on its own port, with its own database and folder.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use mso_core::actor::Actor;
use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::{DocumentId, InstitutionId, ProviderId};
use mso_core::money::{Currency, Money};
use mso_core::testing::FakeClock;
use mso_core::time::{Clock, Timestamp};
use mso_server::State;
use mso_server::admin::{
    Change, NewInstitution, NewLicence, NewPrice, NewProvider, NewSeller, NewSpecialty, NewUser,
};
use mso_server::config::{LogFormat, Settings};
use mso_server::database::embedded::Embedded;
use mso_server::database::{ConnectOptions, Database, Scoped};
use sqlx::postgres::PgConnectOptions;

use super::call::Call;
use super::user::{Phone, User};

/// Every user's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

const START: &str = "2026-11-23T10:00:00Z";
const TEMPLATE: &str = "template_of_tests";

/// A running server. Stops at the end of the test.
pub(crate) struct Server {
    pub(crate) state: State,
    /// Connects to the database past row-level security, to count and to tamper.
    pub(crate) superuser: PgConnectOptions,
    clock: Arc<FakeClock>,
    address: SocketAddr,
    folder: tempfile::TempDir,
    serving: tokio::task::JoinHandle<()>,
    database: String,
}

impl Server {
    /// Waits until nothing written so far is held back. Tests share a cluster, and an open transaction of any
    /// database in it holds back the watermark of all of them.
    pub(crate) async fn settled(&self) {
        use sqlx::{ConnectOptions as _, Connection as _};
        let mut superuser = self.superuser.connect().await.unwrap();
        let below = "select coalesce(max(xid), '0') < pg_snapshot_xmin(pg_current_snapshot()) from feed";
        while !sqlx::query_scalar::<_, bool>(below)
            .fetch_one(&mut superuser)
            .await
            .unwrap()
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        superuser.close().await.unwrap();
    }

    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut State)) -> Self {
        let name = tokio::task::spawn_blocking(clone_of_template).await.unwrap();
        let superuser = cluster().connect_options(&name);
        let options = ConnectOptions::new(superuser.clone()).with_pool_size(4);
        let clock = Arc::new(FakeClock::at(START.parse().unwrap()));
        let database = Database::connect(&options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(&settings(folder.path().to_owned()), database, clock.clone()).unwrap();
        change(&mut state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = mso_server::app(state.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            state,
            superuser,
            clock,
            address,
            folder,
            serving,
            database: name,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Advances the clock, which otherwise stands still.
    pub(crate) fn later(&self, minutes: i64) {
        self.seconds_later(minutes * 60);
    }

    pub(crate) fn seconds_later(&self, seconds: i64) {
        self.clock.advance_millis(seconds * 1_000);
    }

    /// A request without a caller.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self.address, method, path)
    }

    /// A requester on a phone: `amal` and `adam` of one hospital, `basma` of another.
    pub(crate) async fn requester(&self, name: &str) -> User<'_> {
        User::on_phone(self, name, Phone::new(self)).await
    }

    /// An expert on a phone: `noor` or `omar`.
    pub(crate) async fn provider(&self, name: &str) -> User<'_> {
        User::on_phone(self, name, Phone::new(self)).await
    }

    /// The admin, in a session without a phone.
    pub(crate) async fn admin(&self) -> User<'_> {
        User::in_session(self, "rima").await
    }

    /// A transaction as the system actor, to inspect or change what no route can.
    pub(crate) async fn database(&self) -> Scoped {
        self.state.database.begin_scoped(&Actor::SYSTEM).await.unwrap()
    }

    pub(crate) async fn provider_id(&self, name: &str) -> ProviderId {
        let mut tx = self.database().await;
        let id = sqlx::query_scalar("select provider_id from mso_user where email = $1").bind(email(name));
        ProviderId::from_uuid(id.fetch_one(tx.conn()).await.unwrap())
    }

    /// The number of rows in a table, to show that a refused request changed nothing.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let mut tx = self.database().await;
        let sql = match table {
            "device" => "select count(*) from device",
            "session" => "select count(*) from session",
            "mso_case" => "select count(*) from mso_case",
            "patient" => "select count(*) from patient",
            "document" => "select count(*) from document",
            "command_log" => "select count(*) from command_log",
            "audit_entry" => "select count(*) from audit_entry",
            "feed" => "select count(*) from feed",
            other => panic!("add {other} to the list"),
        };
        sqlx::query_scalar(sql).fetch_one(tx.conn()).await.unwrap()
    }

    /// The part file of an upload in progress.
    pub(crate) fn part(&self, document: DocumentId) -> PathBuf {
        self.folder
            .path()
            .join("objects/parts")
            .join(format!("{document}.part"))
    }
}

impl Drop for Server {
    /// A run of all tests would otherwise end with hundreds of databases on the disk.
    fn drop(&mut self) {
        self.serving.abort();
        let name = std::mem::take(&mut self.database);
        std::thread::spawn(move || cluster().drop_database(&name));
    }
}

/// The email address that a name signs in with.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

fn settings(data: PathBuf) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        data,
        database_url: None,
        secret: None,
        secret_file: None,
        log_format: LogFormat::Text,
    }
}

/// Lives as long as the process; a guardian removes it afterwards.
fn cluster() -> &'static Embedded {
    static CLUSTER: OnceLock<Embedded> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Embedded::temporary().unwrap();
        cluster.ensure_database(TEMPLATE).unwrap();
        let options = ConnectOptions::new(cluster.connect_options(TEMPLATE));
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let database = Database::connect(&options).await.unwrap();
            database.migrate().await.unwrap();
            seed(&database, START.parse().unwrap()).await;
            database.close().await;
        });
        cluster
    })
}

fn clone_of_template() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster().clone_database(TEMPLATE, &name).unwrap();
    name
}

async fn seed(database: &Database, now: Timestamp) {
    let mut change = Change::begin(database, now).await.unwrap();
    let code = SpecialtyCode::new("cardiology").unwrap();
    let specialty = NewSpecialty {
        code: code.clone(),
        display: "Cardiology".to_owned(),
    };
    change.create_specialty(&specialty).await.unwrap();
    let seller = NewSeller {
        legal_name: "mso Ltd".to_owned(),
        address: "2 Long Street".to_owned(),
        registration_number: "R-1".to_owned(),
        tax_number: "T-1".to_owned(),
        currency: "EUR".to_owned(),
        prefix: "MSO".to_owned(),
        bank_details: None,
        payment_days: 30,
    };
    change.create_seller(&seller).await.unwrap();
    let euros = |minor| Money {
        minor,
        currency: Currency::EUR,
    };
    let price = |urgency, net, fee| NewPrice {
        service: ServiceType::OneSpecialist,
        urgency,
        institution: None,
        net: euros(net),
        fee: euros(fee),
        tax_rate_bp: 1_900,
    };
    let prices = [
        price(UrgencyLevel::Routine, 25_000, 15_000),
        price(UrgencyLevel::Urgent, 40_000, 24_000),
    ];
    change.create_price_list(now, &prices).await.unwrap();
    let first = institution(&mut change, "Tishreen Hospital").await;
    change
        .create_requester(first, &user("amal", "Amal Nasser"))
        .await
        .unwrap();
    change
        .create_requester(first, &user("adam", "Adam Weiss"))
        .await
        .unwrap();
    let second = institution(&mut change, "Other Clinic").await;
    change
        .create_requester(second, &user("basma", "Basma Khalil"))
        .await
        .unwrap();
    change
        .create_provider(&expert("noor", "Dr Noor Saleh", &code, now))
        .await
        .unwrap();
    change
        .create_provider(&expert("omar", "Dr Omar Haddad", &code, now))
        .await
        .unwrap();
    change.create_admin(&user("rima", "Rima Aoun")).await.unwrap();
    change.commit().await.unwrap();
}

async fn institution(change: &mut Change, name: &str) -> InstitutionId {
    let new = NewInstitution {
        name: name.to_owned(),
        registration_number: name.to_owned(),
        country: "SY".to_owned(),
        ..NewInstitution::default()
    };
    change.create_institution(&new).await.unwrap()
}

fn user(name: &str, display_name: &str) -> NewUser {
    NewUser {
        email: email(name),
        display_name: display_name.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

fn expert(name: &str, display_name: &str, specialty: &SpecialtyCode, now: Timestamp) -> NewProvider {
    let licence = NewLicence {
        number: name.to_owned(),
        authority: "Medical Council".to_owned(),
        country: "DE".to_owned(),
        valid_from: now.date().plus_days(-365),
        valid_to: now.date().plus_days(365),
    };
    NewProvider {
        user: user(name, display_name),
        specialties: vec![specialty.clone()],
        licence: Some(licence),
        affiliations: Vec::new(),
        max_open: 10,
    }
}
