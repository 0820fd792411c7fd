"""A stand-in for Cloud Pub/Sub that speaks its protocol (google.pubsub.v1 over gRPC), as the emulator does.

At least once: a message is leased to one stream, comes again when its lease ends, when it is given back or
when its stream breaks, and goes away only when it is acknowledged.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf import empty_pb2
from google.pubsub_v1 import types

SUBSCRIPTION = "projects/northwind/subscriptions/onboard"


@dataclass
class Message:
    """One message and who has it."""

    id: str
    data: bytes
    deliveries: int = 0
    ack_id: str = ""
    stream: int = 0
    lease_ends: float = 0.0


@dataclass
class PubSub:
    """One subscription. `acknowledged` has the ids in the order in which they were acknowledged."""

    address: str = ""
    redeliver_after: float = 10.0  # seconds; the real thing has 10 to 600
    acknowledged: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)
    _messages: dict[str, Message] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _stopped: bool = False

    def publish(self, data: bytes) -> str:
        """Put a message into the subscription; its id."""
        with self._changed:
            message = Message(id=f"message-{next(self._numbers)}", data=data)
            self._messages[message.id] = message
            self._changed.notify_all()
        return message.id

    def deliveries(self, identifier: str) -> int:
        """How often a message that is still there was delivered."""
        with self._changed:
            return self._messages[identifier].deliveries

    def wait(self, condition, seconds: float = 20.0) -> None:
        """Until a condition on this subscription holds; AssertionError when it never does."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), (self.acknowledged, self._messages)

    def wait_acknowledged(self, *identifiers: str, seconds: float = 20.0) -> None:
        """Until all of these are acknowledged."""
        self.wait(lambda: set(identifiers) <= set(self.acknowledged), seconds)

    @property
    def open(self) -> set[str]:
        """Messages that nobody has acknowledged."""
        with self._changed:
            return set(self._messages)

    # the service

    def streaming_pull(self, requests: Iterator[types.StreamingPullRequest], context: grpc.ServicerContext):
        first = next(requests)
        if first.subscription != SUBSCRIPTION:
            context.abort(grpc.StatusCode.NOT_FOUND, "Resource not found")
        assert 10 <= first.stream_ack_deadline_seconds <= 600
        stream = next(self._numbers)
        threading.Thread(target=self._drain, args=(requests,), daemon=True).start()
        context.add_callback(lambda: self._broken(stream))
        while context.is_active() and not self._stopped:
            taken = self._take(stream)
            if taken:
                yield types.StreamingPullResponse(received_messages=taken)

    def acknowledge(self, request: types.AcknowledgeRequest, _: grpc.ServicerContext):
        with self._changed:
            for message in self._held(request.ack_ids):
                del self._messages[message.id]
                self.acknowledged.append(message.id)
            self._changed.notify_all()
        return empty_pb2.Empty()

    def modify_ack_deadline(self, request: types.ModifyAckDeadlineRequest, _: grpc.ServicerContext):
        with self._changed:
            for message in self._held(request.ack_ids):
                if request.ack_deadline_seconds:
                    message.lease_ends = time.monotonic() + request.ack_deadline_seconds
                else:
                    self.given_back.append(message.id)
                    message.ack_id, message.lease_ends = "", 0.0
            self._changed.notify_all()
        return empty_pb2.Empty()

    def _held(self, ack_ids) -> list[Message]:
        """Those whose lease is the newest one: an old ack id is worth nothing."""
        wanted = set(ack_ids)
        return [message for message in self._messages.values() if message.ack_id in wanted]

    def _take(self, stream: int) -> list[types.ReceivedMessage]:
        with self._changed:
            now = time.monotonic()
            due = [m for m in self._messages.values() if not m.ack_id or m.lease_ends <= now]
            for message in due:
                message.ack_id, message.stream = f"ack-{next(self._numbers)}", stream
                message.lease_ends = now + self.redeliver_after
                message.deliveries += 1
            if due:
                self._changed.notify_all()
            else:
                self._changed.wait(0.05)
            return [
                types.ReceivedMessage(
                    ack_id=m.ack_id,
                    message=types.PubsubMessage(data=m.data, message_id=m.id),
                    delivery_attempt=m.deliveries,
                )
                for m in due
            ]

    def _drain(self, requests: Iterator[types.StreamingPullRequest]) -> None:
        try:
            for _ in requests:
                pass
        except grpc.RpcError:
            pass

    def _broken(self, stream: int) -> None:
        with self._changed:
            for message in self._messages.values():
                if message.stream == stream:
                    message.ack_id, message.lease_ends = "", 0.0
            self._changed.notify_all()


def _handlers(pubsub: PubSub) -> grpc.GenericRpcHandler:
    empty = empty_pb2.Empty.SerializeToString
    return grpc.method_handlers_generic_handler(
        "google.pubsub.v1.Subscriber",
        {
            "StreamingPull": grpc.stream_stream_rpc_method_handler(
                pubsub.streaming_pull,
                request_deserializer=types.StreamingPullRequest.deserialize,
                response_serializer=types.StreamingPullResponse.serialize,
            ),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(
                pubsub.acknowledge,
                request_deserializer=types.AcknowledgeRequest.deserialize,
                response_serializer=empty,
            ),
            "ModifyAckDeadline": grpc.unary_unary_rpc_method_handler(
                pubsub.modify_ack_deadline,
                request_deserializer=types.ModifyAckDeadlineRequest.deserialize,
                response_serializer=empty,
            ),
        },
    )


@contextmanager
def running_pubsub() -> Iterator[PubSub]:
    """Serve on a free loopback port; `address` is for PUBSUB_EMULATOR_HOST."""
    pubsub = PubSub()
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((_handlers(pubsub),))
    pubsub.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield pubsub
    finally:
        pubsub._stopped = True
        server.stop(grace=1).wait()
