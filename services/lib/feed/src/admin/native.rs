//! The admin functions of librdkafka that its Rust crate doesn't wrap: access rights, incremental
//! configuration, topic ids, what we may do at the cluster. The only unsafe code of the project.
//!
//! One shape for all of them: build arguments, start the request with a queue of our own, wait for the
//! one event that it posts there, copy everything out of the event, free it. Three rules of the C API
//! hold throughout, and each `unsafe` block leans on them:
//!
//! 1. A request copies its arguments before it returns, so they may be freed right after the call.
//! 2. What a result's getters return lives as long as the event; we copy it while the event is held.
//! 3. Arrays come as pointer and count, and the pointer may be null only when the count is 0.

#![expect(unsafe_code, reason = "rdkafka 0.39 has no safe form of these functions")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::admin::AdminClient;
use rdkafka::bindings as c;
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use crate::access::{Operation, Pattern, Permission, Resource, Right};

type Client = AdminClient<DefaultClientContext>;

// The crate's own declaration says that this returns an `i32`; the header says a pointer.
unsafe extern "C" {
    #[link_name = "rd_kafka_DescribeCluster_result_authorized_operations"]
    fn cluster_operations_of(result: *const c::rd_kafka_event_t, count: *mut usize)
    -> *const c_int;
}

/// Why a request came to nothing, as the broker or librdkafka says.
#[derive(Debug)]
pub(super) struct RequestRefusal {
    pub(super) code: RDKafkaErrorCode,
    pub(super) text: String,
}

impl RequestRefusal {
    fn argument(text: &str) -> RequestRefusal {
        RequestRefusal { code: RDKafkaErrorCode::InvalidArgument, text: text.to_owned() }
    }
}

/// Something that librdkafka allocated for us, with the function that frees it.
struct Owned<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// `pointer` comes from a constructor of librdkafka and is ours alone; null means that the
    /// constructor rejected its arguments.
    fn new(
        pointer: *mut T,
        free: unsafe extern "C" fn(*mut T),
        what: &str,
    ) -> Result<Owned<T>, RequestRefusal> {
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Owned { pointer, free }),
            None => Err(RequestRefusal::argument(what)),
        }
    }

    fn get(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: made by the constructor that `free` belongs to, owned by us, freed once.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}

type Event = Owned<c::rd_kafka_event_t>;

/// What one request is started with.
struct Call {
    client: *mut c::rd_kafka_t,
    options: *mut c::rd_kafka_AdminOptions_t,
    queue: *mut c::rd_kafka_queue_t,
}

/// Starts one request and waits for its event, at most `timeout`.
fn request(
    client: &Client,
    timeout: Duration,
    expected: i32,
    with_operations: WithOperations,
    start: impl FnOnce(&Call),
) -> Result<Event, RequestRefusal> {
    let handle = client.inner().native_ptr();
    // SAFETY: the handle lives as long as `client`, which we borrow; both objects are freed by `Owned`.
    // A queue that is freed with a reply outstanding drops that reply.
    let (queue, options) = unsafe {
        (
            Owned::new(c::rd_kafka_queue_new(handle), c::rd_kafka_queue_destroy, "no queue")?,
            Owned::new(
                c::rd_kafka_AdminOptions_new(handle, c::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ANY),
                c::rd_kafka_AdminOptions_destroy,
                "no options",
            )?,
        )
    };
    let milliseconds = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: live options; a null error buffer of size 0 is allowed; the error object, if any, is freed.
    unsafe {
        c::rd_kafka_AdminOptions_set_request_timeout(
            options.get(),
            milliseconds,
            ptr::null_mut(),
            0,
        );
        if let WithOperations::Yes = with_operations {
            let error =
                c::rd_kafka_AdminOptions_set_include_authorized_operations(options.get(), 1);
            if !error.is_null() {
                c::rd_kafka_error_destroy(error);
                return Err(RequestRefusal::argument("authorized operations can't be asked for"));
            }
        }
    }
    start(&Call { client: handle, options: options.get(), queue: queue.get() });
    // librdkafka ends the request by itself at the time-out; the second more lets it say so.
    let wait = milliseconds.saturating_add(1000);
    // SAFETY: live queue; the event becomes ours.
    let event = unsafe { c::rd_kafka_queue_poll(queue.get(), wait) };
    let Some(pointer) = NonNull::new(event) else {
        return Err(RequestRefusal {
            code: RDKafkaErrorCode::OperationTimedOut,
            text: "no answer".to_owned(),
        });
    };
    let event = Owned { pointer, free: c::rd_kafka_event_destroy };
    // SAFETY: live event; the text lives as long as it.
    unsafe {
        let error: RDKafkaErrorCode = c::rd_kafka_event_error(event.get()).into();
        if error != RDKafkaErrorCode::NoError {
            return Err(RequestRefusal {
                code: error,
                text: text(c::rd_kafka_event_error_string(event.get())),
            });
        }
        if c::rd_kafka_event_type(event.get()) != expected {
            return Err(RequestRefusal::argument("an event of another kind"));
        }
    }
    Ok(event)
}

#[derive(Clone, Copy)]
enum WithOperations {
    Yes,
    No,
}

/// Copies a C text; null is empty.
///
/// # Safety
/// `pointer` is null or a NUL-ended text that lives during the call.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: as this function demands.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Copies an array of plain values or pointers.
///
/// # Safety
/// `pointer` is null or points to `count` values that live during the call.
unsafe fn copied<T: Copy>(pointer: *const T, count: usize) -> Vec<T> {
    if pointer.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: as this function demands.
    unsafe { std::slice::from_raw_parts(pointer, count) }.to_vec()
}

/// The error that belongs to one item of a result, null when it went well.
///
/// # Safety
/// `error` is null or lives during the call.
unsafe fn item_result(error: *const c::rd_kafka_error_t) -> Result<(), RequestRefusal> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, and alive as this function demands.
    unsafe {
        let code: RDKafkaErrorCode = c::rd_kafka_error_code(error).into();
        match code {
            RDKafkaErrorCode::NoError => Ok(()),
            code => Err(RequestRefusal { code, text: text(c::rd_kafka_error_string(error)) }),
        }
    }
}

fn c_text(value: &str) -> Result<CString, RequestRefusal> {
    CString::new(value).map_err(|_| RequestRefusal::argument("a name with a zero byte"))
}

/// Every right that the cluster knows.
///
/// librdkafka 2.12 drops the error of this one response and shows an empty list instead, so ask
/// [`cluster_operations`] first whether we may see the rights at all.
pub(super) fn rights(client: &Client, timeout: Duration) -> Result<Vec<Right>, RequestRefusal> {
    // SAFETY: null texts in a filter mean any; `Owned` frees it after the request copied it (rule 1).
    let filter = unsafe {
        Owned::new(
            c::rd_kafka_AclBindingFilter_new(
                c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_ANY,
                ptr::null(),
                c::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_ANY,
                ptr::null(),
                ptr::null(),
                c::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_ANY,
                c::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_ANY,
                ptr::null_mut(),
                0,
            ),
            c::rd_kafka_AclBinding_destroy,
            "no filter",
        )?
    };
    let event = request(
        client,
        timeout,
        c::RD_KAFKA_EVENT_DESCRIBEACLS_RESULT,
        WithOperations::No,
        |call| {
            // SAFETY: live client, filter, options and queue.
            unsafe { c::rd_kafka_DescribeAcls(call.client, filter.get(), call.options, call.queue) }
        },
    )?;
    // SAFETY: the event is of the expected kind, so the result is not null, and it lives until the end
    // of the function (rule 2).
    unsafe {
        let mut count = 0;
        let result = c::rd_kafka_event_DescribeAcls_result(event.get());
        let acls = c::rd_kafka_DescribeAcls_result_acls(result, &raw mut count);
        Ok(copied(acls, count).into_iter().map(|acl| right_of(acl)).collect())
    }
}

/// # Safety
/// `acl` lives during the call. librdkafka maps values that it doesn't know to `UNKNOWN` before they
/// get here, so every enum holds one of its declared values.
unsafe fn right_of(acl: *const c::rd_kafka_AclBinding_t) -> Right {
    use c::rd_kafka_AclOperation_t as O;
    use c::rd_kafka_AclPermissionType_t as P;
    use c::rd_kafka_ResourcePatternType_t as T;
    use c::rd_kafka_ResourceType_t as R;
    // SAFETY: as this function demands.
    unsafe {
        Right {
            principal: text(c::rd_kafka_AclBinding_principal(acl)),
            host: text(c::rd_kafka_AclBinding_host(acl)),
            name: text(c::rd_kafka_AclBinding_name(acl)),
            resource: match c::rd_kafka_AclBinding_restype(acl) {
                R::RD_KAFKA_RESOURCE_TOPIC => Resource::Topic,
                R::RD_KAFKA_RESOURCE_GROUP => Resource::Group,
                // Number 4 is the cluster in the protocol; librdkafka calls it broker.
                R::RD_KAFKA_RESOURCE_BROKER => Resource::Cluster,
                R::RD_KAFKA_RESOURCE_TRANSACTIONAL_ID => Resource::TransactionalId,
                _ => Resource::Other,
            },
            pattern: match c::rd_kafka_AclBinding_resource_pattern_type(acl) {
                T::RD_KAFKA_RESOURCE_PATTERN_LITERAL => Pattern::Literal,
                T::RD_KAFKA_RESOURCE_PATTERN_PREFIXED => Pattern::Prefixed,
                _ => Pattern::Other,
            },
            permission: match c::rd_kafka_AclBinding_permission_type(acl) {
                P::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW => Permission::Allow,
                P::RD_KAFKA_ACL_PERMISSION_TYPE_DENY => Permission::Deny,
                _ => Permission::Other,
            },
            operation: match c::rd_kafka_AclBinding_operation(acl) {
                O::RD_KAFKA_ACL_OPERATION_ALL => Operation::All,
                O::RD_KAFKA_ACL_OPERATION_READ => Operation::Read,
                O::RD_KAFKA_ACL_OPERATION_WRITE => Operation::Write,
                O::RD_KAFKA_ACL_OPERATION_CREATE => Operation::Create,
                O::RD_KAFKA_ACL_OPERATION_DELETE => Operation::Delete,
                O::RD_KAFKA_ACL_OPERATION_ALTER => Operation::Alter,
                O::RD_KAFKA_ACL_OPERATION_DESCRIBE => Operation::Describe,
                O::RD_KAFKA_ACL_OPERATION_CLUSTER_ACTION => Operation::ClusterAction,
                O::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS => Operation::DescribeConfigs,
                O::RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS => Operation::AlterConfigs,
                O::RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE => Operation::IdempotentWrite,
                _ => Operation::Other,
            },
        }
    }
}

/// Adds rights; one result per right, in their order. Adding one that is there already is fine.
pub(super) fn grant(
    client: &Client,
    timeout: Duration,
    rights: &[Right],
) -> Result<Vec<Result<(), RequestRefusal>>, RequestRefusal> {
    let bindings = rights.iter().map(binding_of).collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = bindings.iter().map(Owned::get).collect();
    let event = request(
        client,
        timeout,
        c::RD_KAFKA_EVENT_CREATEACLS_RESULT,
        WithOperations::No,
        |call| {
            // SAFETY: `pointers` holds `len` live bindings, copied before the call returns (rule 1).
            unsafe {
                c::rd_kafka_CreateAcls(
                    call.client,
                    pointers.as_mut_ptr(),
                    pointers.len(),
                    call.options,
                    call.queue,
                );
            }
        },
    )?;
    // SAFETY: rules 2 and 3.
    unsafe {
        let mut count = 0;
        let result = c::rd_kafka_event_CreateAcls_result(event.get());
        let items = c::rd_kafka_CreateAcls_result_acls(result, &raw mut count);
        Ok(copied(items, count)
            .into_iter()
            .map(|item| item_result(c::rd_kafka_acl_result_error(item)))
            .collect())
    }
}

fn binding_of(right: &Right) -> Result<Owned<c::rd_kafka_AclBinding_t>, RequestRefusal> {
    use c::rd_kafka_AclOperation_t as O;
    let unknown = || RequestRefusal::argument("a right that this version can't write");
    let resource = match right.resource {
        Resource::Topic => c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
        Resource::Group => c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_GROUP,
        Resource::Cluster => c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER,
        Resource::TransactionalId => c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TRANSACTIONAL_ID,
        Resource::Other => return Err(unknown()),
    };
    let pattern = match right.pattern {
        Pattern::Literal => c::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
        Pattern::Prefixed => c::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
        Pattern::Other => return Err(unknown()),
    };
    let permission = match right.permission {
        Permission::Allow => c::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
        Permission::Deny => c::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
        Permission::Other => return Err(unknown()),
    };
    let operation = match right.operation {
        Operation::All => O::RD_KAFKA_ACL_OPERATION_ALL,
        Operation::Read => O::RD_KAFKA_ACL_OPERATION_READ,
        Operation::Write => O::RD_KAFKA_ACL_OPERATION_WRITE,
        Operation::Create => O::RD_KAFKA_ACL_OPERATION_CREATE,
        Operation::Delete => O::RD_KAFKA_ACL_OPERATION_DELETE,
        Operation::Alter => O::RD_KAFKA_ACL_OPERATION_ALTER,
        Operation::Describe => O::RD_KAFKA_ACL_OPERATION_DESCRIBE,
        Operation::ClusterAction => O::RD_KAFKA_ACL_OPERATION_CLUSTER_ACTION,
        Operation::DescribeConfigs => O::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
        Operation::AlterConfigs => O::RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS,
        Operation::IdempotentWrite => O::RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE,
        Operation::Other => return Err(unknown()),
    };
    let (name, principal, host) =
        (c_text(&right.name)?, c_text(&right.principal)?, c_text(&right.host)?);
    // SAFETY: the texts live during the call, which copies them; a null error buffer is allowed.
    let binding = unsafe {
        c::rd_kafka_AclBinding_new(
            resource,
            name.as_ptr(),
            pattern,
            principal.as_ptr(),
            host.as_ptr(),
            operation,
            permission,
            ptr::null_mut(),
            0,
        )
    };
    Owned::new(binding, c::rd_kafka_AclBinding_destroy, "a right that librdkafka rejects")
}

/// Sets these entries of a topic's configuration and leaves all its others as they are.
pub(super) fn set_configs(
    client: &Client,
    timeout: Duration,
    topic: &str,
    entries: &[(String, String)],
) -> Result<(), RequestRefusal> {
    let name = c_text(topic)?;
    // SAFETY: the name lives during the call, which copies it.
    let resource = unsafe {
        Owned::new(
            c::rd_kafka_ConfigResource_new(
                c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
                name.as_ptr(),
            ),
            c::rd_kafka_ConfigResource_destroy,
            "no such resource",
        )?
    };
    for (entry, value) in entries {
        let (entry, value) = (c_text(entry)?, c_text(value)?);
        // SAFETY: live resource and texts, which are copied; the error object is ours to free.
        unsafe {
            let error = c::rd_kafka_ConfigResource_add_incremental_config(
                resource.get(),
                entry.as_ptr(),
                c::rd_kafka_AlterConfigOpType_t::RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET,
                value.as_ptr(),
            );
            let outcome = item_result(error);
            if !error.is_null() {
                c::rd_kafka_error_destroy(error);
            }
            outcome?;
        }
    }
    let mut pointers = [resource.get()];
    let event = request(
        client,
        timeout,
        c::RD_KAFKA_EVENT_INCREMENTALALTERCONFIGS_RESULT,
        WithOperations::No,
        |call| {
            // SAFETY: one live resource, copied before the call returns (rule 1).
            unsafe {
                c::rd_kafka_IncrementalAlterConfigs(
                    call.client,
                    pointers.as_mut_ptr(),
                    1,
                    call.options,
                    call.queue,
                );
            }
        },
    )?;
    // SAFETY: rules 2 and 3.
    unsafe {
        let mut count = 0;
        let result = c::rd_kafka_event_IncrementalAlterConfigs_result(event.get());
        let items = c::rd_kafka_IncrementalAlterConfigs_result_resources(result, &raw mut count);
        for item in copied(items, count) {
            let code: RDKafkaErrorCode = c::rd_kafka_ConfigResource_error(item).into();
            if code != RDKafkaErrorCode::NoError {
                return Err(RequestRefusal {
                    code,
                    text: text(c::rd_kafka_ConfigResource_error_string(item)),
                });
            }
        }
    }
    Ok(())
}

/// The id of each of these topics, in Kafka's base64 form; a topic that is not there is left out.
pub(super) fn topic_ids(
    client: &Client,
    timeout: Duration,
    topics: &[&str],
) -> Result<Vec<(String, String)>, RequestRefusal> {
    let names = topics.iter().map(|name| c_text(name)).collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: `len` live texts, which the collection copies.
    let collection = unsafe {
        Owned::new(
            c::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len()),
            c::rd_kafka_TopicCollection_destroy,
            "no topics",
        )?
    };
    let event = request(
        client,
        timeout,
        c::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT,
        WithOperations::No,
        |call| {
            // SAFETY: live client, collection, options and queue.
            unsafe {
                c::rd_kafka_DescribeTopics(call.client, collection.get(), call.options, call.queue);
            }
        },
    )?;
    let mut ids = Vec::new();
    // SAFETY: rules 2 and 3; a topic's id is part of its description.
    unsafe {
        let mut count = 0;
        let result = c::rd_kafka_event_DescribeTopics_result(event.get());
        let items = c::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        for item in copied(items, count) {
            match item_result(c::rd_kafka_TopicDescription_error(item)) {
                Ok(()) => {
                    let id = c::rd_kafka_TopicDescription_topic_id(item);
                    let id = if id.is_null() {
                        String::new()
                    } else {
                        text(c::rd_kafka_Uuid_base64str(id))
                    };
                    ids.push((text(c::rd_kafka_TopicDescription_name(item)), id));
                }
                Err(refusal) if refusal.code == RDKafkaErrorCode::UnknownTopicOrPartition => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }
    Ok(ids)
}

/// What we ourselves may do at the cluster, by the protocol's numbers of operations.
pub(super) fn cluster_operations(
    client: &Client,
    timeout: Duration,
) -> Result<Vec<i32>, RequestRefusal> {
    let event = request(
        client,
        timeout,
        c::RD_KAFKA_EVENT_DESCRIBECLUSTER_RESULT,
        WithOperations::Yes,
        |call| {
            // SAFETY: live client, options and queue.
            unsafe { c::rd_kafka_DescribeCluster(call.client, call.options, call.queue) }
        },
    )?;
    // SAFETY: rules 2 and 3; read as plain integers, so that a number unknown to us is no enum.
    unsafe {
        let mut count = 0;
        let result = c::rd_kafka_event_DescribeCluster_result(event.get());
        let operations = cluster_operations_of(result, &raw mut count);
        Ok(copied(operations, count))
    }
}
