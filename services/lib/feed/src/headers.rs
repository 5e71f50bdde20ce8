//! Reads one header of a received record by name, and what all of them weigh. rdkafka's own reader panics on a header whose name is
//! not UTF-8, and any producer may write one.
#![expect(unsafe_code, reason = "librdkafka's own look-up by name, which rdkafka does not wrap")]

use std::ffi::CStr;
use std::ptr;

use rdkafka::bindings as native;
use rdkafka::message::BorrowedMessage;

/// Ours are two; tracing agents add a few.
const MOST: usize = 64;

/// Names and values of all headers; more than a record may have when there are more than [`MOST`].
pub(crate) fn bytes(message: &BorrowedMessage<'_>) -> usize {
    let none = native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
    let mut headers = ptr::null_mut();
    // SAFETY: as in `last`.
    if unsafe { native::rd_kafka_message_headers(message.ptr(), &raw mut headers) } != none {
        return 0;
    }
    // SAFETY: `headers` was set by the call above.
    let count = unsafe { native::rd_kafka_header_cnt(headers) };
    if count > MOST {
        return usize::MAX >> 1;
    }
    let mut sum = 0;
    for place in 0..count {
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        // SAFETY: `place` is below the count; name and value live as long as the message.
        let found = unsafe {
            native::rd_kafka_header_get_all(
                headers,
                place,
                &raw mut name,
                &raw mut value,
                &raw mut size,
            )
        };
        if found != none {
            break;
        }
        // SAFETY: librdkafka ends each name with a NUL.
        sum += size + unsafe { CStr::from_ptr(name) }.to_bytes().len();
    }
    sum
}

/// The last value of the header `name`; none when absent or null.
pub(crate) fn last<'a>(message: &'a BorrowedMessage<'_>, name: &CStr) -> Option<&'a [u8]> {
    let none = native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
    let mut headers = ptr::null_mut();
    // SAFETY: the pointer is that of a live message. librdkafka parses its headers at the first call and
    // keeps them with the message; it hands out a pointer into that.
    if unsafe { native::rd_kafka_message_headers(message.ptr(), &raw mut headers) } != none {
        return None;
    }
    let (mut value, mut size) = (ptr::null(), 0);
    // SAFETY: `headers` was set by the call above, `name` ends in a NUL.
    let found = unsafe {
        native::rd_kafka_header_get_last(headers, name.as_ptr(), &raw mut value, &raw mut size)
    };
    if found != none || value.is_null() {
        return None;
    }
    // SAFETY: `size` bytes at `value` belong to the message's headers and live as long as the message.
    Some(unsafe { std::slice::from_raw_parts(value.cast::<u8>(), size) })
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::time::{Duration, Instant};

    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::{BaseProducer, Producer as _};

    use super::*;
    use crate::KafkaSettings;
    use crate::consume::{Limit, Reader, Tuning};

    /// Sends one record with these headers, byte for byte: rdkafka's own writer takes UTF-8 names only.
    fn send(producer: &BaseProducer, topic: &CString, headers: &[(&[u8], &[u8])]) {
        use native::rd_kafka_vtype_t as Part;
        // SAFETY: plain calls; the list is handed over to librdkafka by a send that succeeds.
        unsafe {
            let list = native::rd_kafka_headers_new(headers.len());
            for (name, value) in headers {
                let (name, value) =
                    ((name.as_ptr().cast(), name.len()), (value.as_ptr().cast(), value.len()));
                let (name_size, value_size) =
                    (isize::try_from(name.1).unwrap(), isize::try_from(value.1).unwrap());
                native::rd_kafka_header_add(list, name.0, name_size, value.0, value_size);
            }
            let sent = native::rd_kafka_producev(
                producer.client().native_ptr(),
                Part::RD_KAFKA_VTYPE_TOPIC,
                topic.as_ptr(),
                Part::RD_KAFKA_VTYPE_PARTITION,
                0,
                Part::RD_KAFKA_VTYPE_HEADERS,
                list,
                Part::RD_KAFKA_VTYPE_END,
            );
            assert_eq!(sent, native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
        }
    }

    /// Against librdkafka's own broker in this process: what is tested is the client.
    #[test]
    fn a_header_name_that_is_no_utf8_harms_nobody() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        let settings = KafkaSettings::plaintext(cluster.bootstrap_servers());
        let producer: BaseProducer = settings.client("test").create().unwrap();
        let topic = CString::new("t").unwrap();
        send(
            &producer,
            &topic,
            &[
                (b"\xff\xfe", b"evil"),
                (b"bangioc-version", b"first"),
                (b"bangioc-version", b"last"),
            ],
        );
        send(&producer, &topic, &[(b"", b""), (b"empty", b"")]);
        producer.flush(Duration::from_secs(10)).unwrap();

        let reader = Reader::connect(&settings, "test", None, &Tuning::default()).unwrap();
        let mut partition = reader.assign("t", 0, 0).unwrap();
        let (mut read, start) = (Vec::new(), Instant::now());
        while partition.next_offset() < 2 && start.elapsed() < Duration::from_secs(20) {
            let limit = Limit { records: 10, bytes: 1000 };
            partition
                .drain(limit, Duration::from_millis(100), &mut |record| {
                    let text = |name| {
                        record.header(name).map(|value| String::from_utf8_lossy(value).into_owned())
                    };
                    read.push((
                        text("bangioc-version"),
                        text("empty"),
                        text("none"),
                        text("with\0nul"),
                    ));
                })
                .unwrap();
        }
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(read, [(text("last"), None, None, None), (None, text(""), None, None)]);
    }
}
