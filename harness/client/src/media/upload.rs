//! `sendMediaMessage`: attached, uploaded with its progress, then sent like any message (SEND-015 to SEND-019).

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{GetDownloadUrlInput, GetDownloadUrlOutput, GetQNupTokenInput, GetQNupTokenOutput},
};

use crate::{
    core::{
        bug::Bug,
        code,
        io::{CallResult, EngineOutput, HttpAnswer},
        message::{Object, media_kind, outgoing_media, text},
    },
    mail::{
        self,
        send::{self, MEDIA, topic},
    },
    media::{Call, Media, MediaState, Transfer, UPLOAD_LIMIT},
};

/// Between the fields of the upload form. The made-up files never hold it but by an accident of 1 in 2^300.
const BOUNDARY: &str = "----reference-client-upload-7d1f0c5b2a";

impl Media<'_> {
    /// `sendMediaMessage(message)`, for messages with a file that is there (SEND-014). One that has been uploaded
    /// already, forwarded or sent again, is not uploaded once more.
    pub(crate) fn send(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let wrong = CallResult::Code(code::PARAM_ERROR);
        let Some(mut message) =
            args.get("message").and_then(|message| send::instance(self.mail.core, message))
        else {
            return wrong;
        };
        let sendable = topic(&text(&message, "conversationType"), false).is_some()
            && media_kind(&message).is_some()
            && !text(&message, "targetId").is_empty();
        let file = || self.mail.core.store.file(&text(&message, "local")).is_some();
        let remote = !text(&message, "remote").is_empty();
        let again = remote && file() && self.mail.core.has(Bug::ForwardingUploadsAgain);
        let uploaded = remote && !again;
        let there = uploaded || file();
        if !sendable || !there || MediaState::find(&self.state.uploads, &message).is_some() {
            return wrong;
        }
        send::choose_channel(self.mail.core, &mut message);
        message.insert("direction".into(), "send".into());
        message.insert("senderUserId".into(), self.mail.core.user.as_str().into());
        message.insert("sentTime".into(), now.0.into());
        message.insert("sentStatus".into(), "sending".into());
        let stored = text(&message, "conversationType") != "chatroom" && self.mail.core.store.is_open();
        if stored {
            if !send::attach(self.mail.core, &mut message) {
                return wrong;
            }
            self.mail.core.fire("onMediaMessageAttached", json!({"message": message}));
        }
        if !self.mail.core.link.is_online() {
            send::sent(self.mail.core, message, MEDIA, code::NOT_CONNECTED, None);
        } else if uploaded {
            self.publish_media(now, message);
        } else {
            self.ask_upload(now, message);
        }
        CallResult::Code(0)
    }

    fn ask_upload(&mut self, now: UnixMillis, message: Object) {
        let job = self.mail.core.next_id();
        let name = text(&message, "local").rsplit('/').next().unwrap_or_default().to_owned();
        // Unlike any other: who, when, which.
        let mut key = format!(
            "{}__{}_{}_{job}_{name}",
            media_kind(&message).unwrap_or_default(),
            self.mail.core.user,
            now.0
        );
        if self.mail.core.has(Bug::UploadsShareNames) {
            key = format!("{}__{name}", media_kind(&message).unwrap_or_default());
        }
        let ask = GetQNupTokenInput {
            r#type: media_kind(&message),
            key: Some(key.clone()),
            ..GetQNupTokenInput::default()
        };
        let owner = self.mail.core.store.owner().to_owned();
        self.state.uploads.insert(job, Transfer { message, owner, key, have: Vec::new(), http: None });
        let me = self.mail.core.user.clone();
        self.ask(now, Topic::QnTkn, &me, ask.encode_to_vec(), Call::UploadToken(job));
    }

    /// The server allows the upload.
    pub(crate) fn upload_allowed(&mut self, now: UnixMillis, job: u64, body: &Bytes) {
        let Ok(GetQNupTokenOutput { token, .. }) = GetQNupTokenOutput::decode(body.clone()) else {
            return self.upload_failed(job, i64::from(wire::code::status::BAD_PARAMETER));
        };
        let http = self.mail.core.next_id();
        let Some(transfer) = self.state.uploads.get_mut(&job) else { return };
        let Some(url) = self
            .mail
            .core
            .options
            .file_server
            .clone()
            .filter(|_| !self.mail.core.env.bugs.has(Bug::IgnoresOwnFileServer))
            .or_else(|| self.mail.core.navi.as_ref()?.upload_server.clone())
        else {
            return self.upload_failed(job, code::UPLOAD_FAILED);
        };
        let Some(file) = self.mail.core.store.file(&text(&transfer.message, "local")) else {
            return self.upload_failed(job, code::UPLOAD_FAILED);
        };
        transfer.http = Some((http, now + UPLOAD_LIMIT));
        let (body, message) = (form(&token, &transfer.key, &file), transfer.message.clone());
        if !self.mail.core.has(Bug::UploadUntold) {
            self.mail.core.fire("onMediaMessageSending", json!({"message": message, "progress": 0}));
        }
        self.mail.core.output(EngineOutput::Http {
            id: http,
            method: "POST",
            url,
            headers: vec![("Content-Type".to_owned(), format!("multipart/form-data; boundary={BOUNDARY}"))],
            body,
        });
    }

    pub(super) fn uploaded(&mut self, now: UnixMillis, job: u64, answer: Option<&HttpAnswer>) {
        let Some(transfer) = self.state.uploads.get_mut(&job) else { return };
        transfer.http = None;
        if answer.is_none_or(|answer| answer.status != 200) {
            if self.mail.core.env.bugs.has(Bug::PublishesFailedUploads) {
                let message = transfer.message.clone();
                self.state.uploads.remove(&job);
                return self.publish_media(now, message);
            }
            return self.upload_failed(job, code::UPLOAD_FAILED);
        }
        let (key, message) = (transfer.key.clone(), transfer.message.clone());
        if !self.mail.core.has(Bug::UploadUntold) {
            self.mail.core.fire("onMediaMessageSending", json!({"message": message, "progress": 100}));
        }
        let ask = GetDownloadUrlInput {
            r#type: media_kind(&message),
            key: Some(key),
            ..GetDownloadUrlInput::default()
        };
        let me = self.mail.core.user.clone();
        self.ask(now, Topic::QnUrl, &me, ask.encode_to_vec(), Call::FileAddress(job));
    }

    /// The server tells where the file can be read: the message can go out.
    pub(crate) fn upload_addressed(&mut self, now: UnixMillis, job: u64, body: &Bytes) {
        let Ok(GetDownloadUrlOutput { download_url }) = GetDownloadUrlOutput::decode(body.clone()) else {
            return self.upload_failed(job, i64::from(wire::code::status::BAD_PARAMETER));
        };
        let Some(mut transfer) = self.state.uploads.remove(&job) else { return };
        transfer.message.insert("remote".into(), download_url.into());
        self.publish_media(now, transfer.message);
    }

    fn publish_media(&mut self, now: UnixMillis, message: Object) {
        let (target, conversation) = (text(&message, "targetId"), text(&message, "conversationType"));
        let (Some(out), Some(topic)) = (outgoing_media(&message), topic(&conversation, false)) else {
            return send::sent(self.mail.core, message, MEDIA, code::PARAM_ERROR, None);
        };
        let body = out.up.encode_to_vec();
        self.mail.ask(now, topic, &target, body, mail::Call::Send { message, events: MEDIA });
    }

    /// Nothing was sent; the message is marked, and the app told (SEND-018).
    pub(crate) fn upload_failed(&mut self, job: u64, code: i64) {
        if let Some(transfer) = self.state.uploads.remove(&job) {
            if code == code::CONNECTION_LOST && self.mail.core.has(Bug::CutSwallowsUploads) {
                return;
            }
            send::sent(self.mail.core, transfer.message, MEDIA, code, None);
        }
    }

    /// `cancelSendingMediaMessage(message)`: of an upload under way. The message is not sent, and this is its result.
    pub(crate) fn cancel_upload(&mut self, args: &Object) -> CallResult {
        let message = args.get("message").and_then(Value::as_object);
        let job = message.and_then(|message| MediaState::find(&self.state.uploads, message));
        let Some(mut transfer) = job.and_then(|job| self.state.uploads.remove(&job)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        if self.mail.core.has(Bug::CancelledUploadFails) {
            send::sent(self.mail.core, transfer.message, MEDIA, code::UPLOAD_FAILED, None);
            return CallResult::Code(0);
        }
        let marked_failed = self.mail.core.has(Bug::CancelledUploadIsMarkedFailed);
        let status = if marked_failed { "failed" } else { "canceled" };
        transfer.message.insert("sentStatus".into(), status.into());
        if let Some(id) = transfer.message.get("messageId").and_then(Value::as_i64) {
            // The app hears of it even if the store cannot keep it.
            let _ = self.mail.core.store.update_of(&transfer.owner, id, &transfer.message);
        }
        self.mail.core.fire("onSendingMediaMessageCanceled", json!({"code": 0, "message": transfer.message}));
        CallResult::Code(0)
    }
}

fn form(token: &str, key: &str, file: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(file.len() + 512);
    for (name, value) in [("token", token), ("key", key)] {
        let field =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.put_slice(field.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: \
         application/octet-stream\r\n\r\n"
    );
    body.put_slice(head.as_bytes());
    body.put_slice(file);
    body.put_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body.freeze()
}
