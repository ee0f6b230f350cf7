use crate::harness::{House, pattern};
use hotcell_modules::digest_of;
use hotcell_protocol::{
    Command, ErrorCode, FsRequest, Reply, Request, SandboxLimitOverrides, SandboxLimits, SandboxOptions,
};
use hotcell_runtime::{MAX_OPEN_UPLOADS, MAX_UPLOAD_BYTES, Violation};

fn with_fs_bytes(bytes: u64) -> SandboxOptions {
    let shared_limits = SandboxLimitOverrides { fs_bytes: Some(bytes), ..Default::default() };
    SandboxOptions { shared_limits, ..SandboxOptions::default() }
}

#[test]
fn file_is_written_when_all_of_it_has_come_and_not_before() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    host.write_file(sandbox, "/file", b"old", 0o644);
    let content = pattern(10_000);
    let id = host.announce_file(sandbox, "/file", 10_000, 0o644);
    for part in content[..9_000].chunks(1000) {
        host.upload(id, part, false).unwrap();
        assert_eq!(host.read_file(sandbox, "/file"), b"old");
    }
    host.upload(id, &content[9_000..], false).unwrap();
    assert!(host.events.is_empty());
    host.upload(id, b"", true).unwrap();
    assert_eq!(host.reply(id), Reply::Done);
    assert_eq!(host.read_file(sandbox, "/file"), content);
}

#[test]
fn upload_that_ends_early_writes_nothing() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let id = host.announce_file(sandbox, "/file", 10, 0o644);
    host.upload(id, b"123", true).unwrap();
    assert_eq!(host.failure(id).code, ErrorCode::BlobMismatch);
    assert_eq!(host.fs_errno(sandbox, FsRequest::ReadFile { path: "/file".into() }), "ENOENT");
    assert_eq!(host.upload(id, b"x", true), Err(Violation::UploadNotAnnounced { id }));
}

#[test]
fn upload_beyond_what_was_announced_is_a_violation() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let file = host.announce_file(sandbox, "/file", 10, 0o644);
    host.upload(file, &[0; 10], false).unwrap();
    assert_eq!(host.upload(file, &[0], true), Err(Violation::UploadTooLong { id: file, announced: 10 }));
    let blob = host.post(Request::PutBlob { digest: digest_of(b""), length: 0 });
    assert_eq!(host.upload(blob, &[0], true), Err(Violation::UploadTooLong { id: blob, announced: 0 }));
    assert_eq!(host.upload(999, b"", true), Err(Violation::UploadNotAnnounced { id: 999 }));
}

#[test]
fn upload_of_a_failed_request_is_thrown_away_with_one_reply() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(with_fs_bytes(1000));
    let no_sandbox = host.announce_file(77, "/file", 4, 0o644);
    assert_eq!(host.failure(no_sandbox).code, ErrorCode::UnknownSandbox);
    let too_large = host.announce_file(sandbox, "/file", 1001, 0o644);
    assert_eq!(host.failure(too_large).errno.as_deref(), Some("ENOSPC"));
    let blob = host.post(Request::PutBlob { digest: digest_of(b""), length: u64::MAX });
    assert_eq!(host.failure(blob).code, ErrorCode::InvalidOption);
    for id in [no_sandbox, too_large, blob] {
        host.upload(id, b"12", false).unwrap();
        host.upload(id, b"34", true).unwrap();
        assert!(host.events.is_empty());
        assert_eq!(host.upload(id, b"", true), Err(Violation::UploadNotAnnounced { id }));
    }
    let wrong_place = host.announce_file(sandbox, "/dev/null/x", 4, 0o644);
    host.upload(wrong_place, b"1234", true).unwrap();
    assert_eq!(host.failure(wrong_place).errno.as_deref(), Some("ENOTDIR"));
}

#[test]
fn upload_whose_sandbox_is_gone_at_the_end_fails() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let id = host.announce_file(sandbox, "/file", 4, 0o644);
    host.upload(id, b"12", false).unwrap();
    host.ask(Request::DestroySandbox { sandbox });
    host.upload(id, b"34", true).unwrap();
    assert_eq!(host.failure(id).code, ErrorCode::UnknownSandbox);
}

#[test]
fn blob_with_another_digest_is_not_kept() {
    let house = House::new();
    let mut host = house.connect();
    let digest = digest_of(b"promised");
    let id = host.post(Request::PutBlob { digest, length: 8 });
    host.upload(id, b"deliver.", true).unwrap();
    assert_eq!(host.failure(id).code, ErrorCode::BlobMismatch);
    assert_eq!(house.modules.stats().entries, 0);
    assert!(house.modules.get(&digest).is_none());
    assert!(house.modules.get(&digest_of(b"deliver.")).is_none());
}

#[test]
fn uploads_under_way_are_bounded_in_bytes() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(with_fs_bytes(SandboxLimits::MAX.fs_bytes));
    let most = host.announce_file(sandbox, "/most", MAX_UPLOAD_BYTES - 10, 0o644);
    let fits = host.announce_file(sandbox, "/fits", 10, 0o644);
    let refused = host.announce_file(sandbox, "/refused", 1, 0o644);
    assert!(host.failure(refused).message.contains(&MAX_UPLOAD_BYTES.to_string()));
    host.upload(refused, b"x", true).unwrap();
    host.upload(fits, &[0; 10], true).unwrap();
    assert_eq!(host.reply(fits), Reply::Done);
    let fits_now = host.announce_file(sandbox, "/now", 10, 0o644);
    host.upload(fits_now, &[0; 10], true).unwrap();
    assert_eq!(host.reply(fits_now), Reply::Done);
    host.upload(most, b"", true).unwrap();
    assert_eq!(host.failure(most).code, ErrorCode::BlobMismatch);
}

#[test]
fn uploads_under_way_are_bounded_in_number_even_where_they_failed() {
    let house = House::new();
    let mut host = house.connect();
    for index in 0..MAX_OPEN_UPLOADS {
        let id = host.announce_file(77, "/file", index as u64, 0o644);
        host.failure(id);
    }
    let request = Request::PutBlob { digest: digest_of(b""), length: 0 };
    assert_eq!(host.handle(Command::Request { id: 1 << 40, request }), Err(Violation::TooManyUploads));
}

#[test]
fn upload_id_that_is_under_way_is_refused() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let id = host.announce_file(sandbox, "/file", 4, 0o644);
    let request = Request::PutBlob { digest: digest_of(b""), length: 0 };
    host.handle(Command::Request { id, request }).unwrap();
    assert_eq!(host.failure(id).code, ErrorCode::Protocol);
    host.upload(id, b"1234", true).unwrap();
    assert_eq!(host.reply(id), Reply::Done);
    assert_eq!(host.read_file(sandbox, "/file"), b"1234");
}
