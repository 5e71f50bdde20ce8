// How long after its commit at a source a value can be read in the store, asked by `ops/bench latency` from the store's
// side; and the floor beneath it: the same change through PostgreSQL's replication stream, one acknowledged Kafka record,
// and one COPY and merge, with nothing else done.
//
//   java -cp 'LIBS/*:postgresql.jar' Latency.java SETTINGS rate COMMITS_PER_S SECONDS
//   java -cp 'LIBS/*:postgresql.jar' Latency.java SETTINGS floor COUNT
//
// SETTINGS: source.url, store.url, peers.url (each with its login), topic, and under `kafka.` what a client needs.
// Prints one line: count p50 p99 max, milliseconds.
import java.io.FileReader;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

class Latency {
    static final String CHANGE = "update dept.land_parcel set note = ? where commune_code = '01501' and map_sheet_no = 1 and parcel_no = ?";
    // The first of them are watched; the others are what else happens.
    static final int WATCHED = 64, ROWS = 4096;
    static final int WRITERS = 4;
    static final double WATCHED_PER_S = 50;

    static Properties settings = new Properties();

    public static void main(String[] args) throws Exception {
        try (var file = new FileReader(args[0])) { settings.load(file); }
        double[] millis = args[1].equals("floor")
            ? floor(Integer.parseInt(args[2]))
            : seen(Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        Arrays.sort(millis);
        int n = millis.length;
        System.out.printf("%d %.1f %.1f %.1f%n", n, millis[n / 2], millis[(int) (n * 0.99)], millis[n - 1]);
    }

    static Connection connect(String which) throws Exception { return DriverManager.getConnection(settings.getProperty(which + ".url")); }

    // ---- through everything ----------------------------------------------------------------------------------

    static double[] seen(int perSecond, int seconds) throws Exception {
        int every = (int) Math.max(1, perSecond / WATCHED_PER_S);
        int most = perSecond * seconds / every + WATCHED;
        var committed = new long[most];
        var row = new int[most];
        var millis = new double[most];
        var begun = new AtomicLong();
        var stop = new AtomicBoolean();
        // A row has a next value only once its last one was seen: so each value is seen for itself.
        var free = new AtomicBoolean[WATCHED];
        for (int n = 0; n < WATCHED; n++) free[n] = new AtomicBoolean(true);
        int[] found = {0};
        var reader = new Thread(() -> {
            try (var store = connect("store"); var ask = store.prepareStatement(
                    "select parcel_no, note from shared.land_parcel where commune_code = '01501' and map_sheet_no = 1 and parcel_no <= " + WATCHED)) {
                var last = new int[WATCHED];
                Arrays.fill(last, -1);
                while (!stop.get()) {
                    try (var rows = ask.executeQuery()) {
                        long now = System.nanoTime();
                        while (rows.next()) {
                            int place = rows.getInt(1) - 1;
                            String note = rows.getString(2);
                            if (note == null || !note.startsWith("w")) continue;
                            int number = Integer.parseInt(note.substring(1));
                            if (number == last[place] || number >= begun.get() || free[place].get()) continue;
                            long at;
                            // The store may show it before its writer has heard that it is committed.
                            synchronized (committed) { at = committed[number]; }
                            if (at == 0 || row[number] != place) continue;
                            last[place] = number;
                            millis[found[0]++] = Math.max(0, (now - at) / 1e6);
                            free[place].set(true);
                        }
                    }
                    LockSupport.parkNanos(500_000);
                }
            } catch (Exception failure) { failure.printStackTrace(); System.exit(1); }
        });
        reader.start();
        int writers = perSecond < 50 ? 1 : WRITERS;
        var threads = new Thread[writers];
        var counter = new AtomicLong();
        long from = System.nanoTime() + 200_000_000, count = (long) perSecond * seconds;
        for (int w = 0; w < writers; w++) {
            threads[w] = new Thread(() -> {
                try (var source = connect("source"); var change = source.prepareStatement(CHANGE)) {
                    for (long n; (n = counter.getAndIncrement()) < count; ) {
                        long due = from + n * 1_000_000_000L / perSecond, wait;
                        while ((wait = due - System.nanoTime()) > 0) LockSupport.parkNanos(wait);
                        int place = -1;
                        if (n % every == 0) {
                            int wanted = (int) (n / every % WATCHED);
                            if (free[wanted].compareAndSet(true, false)) place = wanted;
                        }
                        int number = place < 0 ? 0 : (int) begun.getAndIncrement();
                        if (place >= 0) row[number] = place;
                        change.setString(1, place < 0 ? "n" + n : "w" + number);
                        change.setInt(2, place < 0 ? (int) (WATCHED + 1 + n % (ROWS - WATCHED)) : place + 1);
                        change.executeUpdate();
                        if (place >= 0) synchronized (committed) { committed[number] = System.nanoTime(); }
                    }
                } catch (Exception failure) { failure.printStackTrace(); System.exit(1); }
            });
            threads[w].start();
        }
        for (var thread : threads) thread.join();
        // What the writers fell behind the rate that was asked for is a result too.
        double took = (System.nanoTime() - from) / 1e9;
        if (took > seconds * 1.05) System.err.printf("the writers reached %.0f of %d commits/s%n", count / took, perSecond);
        long end = System.nanoTime() + 30_000_000_000L;
        while (found[0] < begun.get() && System.nanoTime() < end) Thread.sleep(20);
        stop.set(true);
        reader.join();
        if (found[0] < begun.get()) throw new IllegalStateException(found[0] + " of " + begun.get() + " values were seen");
        return Arrays.copyOf(millis, found[0]);
    }

    // ---- the least that such a way can take -------------------------------------------------------------------

    static double[] floor(int count) throws Exception {
        var kafka = new Properties();
        settings.stringPropertyNames().stream().filter(name -> name.startsWith("kafka."))
            .forEach(name -> kafka.put(name.substring(6), settings.getProperty(name)));
        kafka.put("key.serializer", StringSerializer.class.getName());
        kafka.put("value.serializer", StringSerializer.class.getName());
        kafka.put("linger.ms", "0");
        var millis = new double[count];
        try (var admin = Admin.create(kafka)) { admin.createTopics(List.of(new NewTopic(settings.getProperty("topic"), 1, (short) 1))).all().get(); }
        try (var source = connect("source"); var peers = connect("peers"); var log = DriverManager.getConnection(settings.getProperty("source.url") + "&replication=database&preferQueryMode=simple&assumeMinServerVersion=10");
             var producer = new KafkaProducer<String, String>(kafka); var change = source.prepareStatement(CHANGE)) {
            try (var make = peers.createStatement()) {
                make.execute("drop table if exists floor; create table floor (parcel_no int primary key, note text); create temp table stage (parcel_no int, note text)");
            }
            peers.setAutoCommit(false);
            var copy = new CopyManager((BaseConnection) peers);
            var stream = log.unwrap(PGConnection.class).getReplicationAPI().replicationStream().logical().withSlotName("floor")
                .withSlotOption("proto_version", 1).withSlotOption("publication_names", "bangioc").start();
            for (int n = 0; n < count; n++) {
                Thread.sleep(20);
                change.setString(1, "f" + n);
                change.setInt(2, 1 + n % WATCHED);
                change.executeUpdate();
                long at = System.nanoTime();
                // A commit's message is the last of its transaction.
                for (byte kind = 0; kind != 'C'; ) { var bytes = stream.read(); kind = bytes.get(); }
                producer.send(new ProducerRecord<>(settings.getProperty("topic"), "k" + n, "x".repeat(200))).get();
                copy.copyIn("copy stage from stdin", new StringReader((1 + n % WATCHED) + "\tf" + n + "\n"));
                try (var merge = peers.createStatement()) {
                    merge.execute("insert into floor select * from stage on conflict (parcel_no) do update set note = excluded.note; delete from stage");
                }
                peers.commit();
                millis[n] = (System.nanoTime() - at) / 1e6;
                stream.setFlushedLSN(stream.getLastReceiveLSN());
                stream.setAppliedLSN(stream.getLastReceiveLSN());
            }
        }
        // The first ones are slow in any Java program.
        return Arrays.copyOfRange(millis, count / 4, count);
    }
}
