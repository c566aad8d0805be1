# An endpoint that verifies signatures: `WEBHOOK_SECRET=whsec_... python3 examples/receive.py [PORT]`.
import base64, hashlib, hmac, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def is_genuine(headers, body):
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    # While the secret is being changed there are two signatures: one of them must be right.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(signature.encode(), f"v1,{expected}".encode()) for signature in given)


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Connections are kept; with the default of 1.0 each event makes a new one.

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        print(self.headers["webhook-id"], body.decode(), flush=True)
        self.answer(204)  # Only now is the event yours.

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Endpoint)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
