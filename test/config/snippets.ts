/** Configs in the manner of NanoMQ, one for each corner of its key tables, and of HOCON's own corners. */
export const snippets: Readonly<Record<string, string>> = {
  broker: `
## Sizing
system {
  num_taskq_thread = 4, max_taskq_thread = 8
  parallel = 16
  daemon = false
  hook_ipc_url = "ipc:///tmp/hook.ipc"
}
mqtt {
  property_size = 32
  max_packet_size = 256MB
  max_mqueue_len = 2048
  max_topic_alias = 1024
  retry_interval = 10s
  keepalive_multiplier = 1.25 // a factor
  max_inflight_window = 2048
  await_rel_timeout = 10s
  batch_resend = true
}`,
  listeners: `
listeners.tcp { bind = "0.0.0.0:1883" }
listeners.tcp.inside { bind = "[::1]:1884", enable = false }
listeners.ssl {
  bind = "0.0.0.0:8883"
  key_password = "p#w"
  keyfile = /etc/certs/key.pem
  verify_peer = false
}
listeners.ws.bind = "0.0.0.0:8083/mqtt"`,
  server: `
http_server = {
  port = 8081
  limit_conn = 2
  username : admin
  password : public
  auth_type = basic
  jwt { public.keyfile = "/etc/certs/jwt.pub" }
}
log {
  to = [file, console, syslog]
  level = warn
  dir = "/tmp", file = "broker.log"
  rotation { size = 10MB, count = 5 }
}
sqlite { disk_cache_size = 102400, mounted_file_path = "/tmp/" }`,
  auth: String.raw`
auth {
  allow_anonymous = true
  no_match = allow
  password = { admin = public, "user.name" = "pa\"ss\\word" }
  acl = {
    enable = true
    rules = [
      { permit = "allow", username = "dashboard", action = "subscribe", topics = ["$SYS/#"] }
      { permit = "deny", action = "subscribe", topics = ["$SYS/#", "#"] },
      {"permit": "allow"}
    ]
  }
  http_auth {
    timeout = 5s
    auth_req {
      url = "http://127.0.0.1:80/mqtt/auth"
      method = post
      headers.content-type = application/x-www-form-urlencoded
      params = { clientid = "%c", username = "%u", password = "%P" }
    }
  }
}`,
  webhook: `
webhook = {
url = "http://127.0.0.1:80" # where requests go
headers.content-type = "application/json"
body.encoding = "plain" # of the payload
pool_size = 32
events = [
{
event = "on_message_publish"
topic = "a/b/c"
}
{
event = "on_client_connack"
}
]
}
`,
  bridge: `
bridges.mqtt.emqx1 {
  server = "mqtt-tcp://127.0.0.1:1883"
  proto_ver = 4
  keepalive = "60s", clean_start = false
  forwards = [
    { remote_topic = "fwd/topic1", local_topic = "topic1", qos = 1 }
    { remote_topic = "", local_topic = "cmd/#" }
  ]
  tcp { nodelay = false, keepidle = 60s }
}
bridges.mqtt.cache { disk_cache_size = 102400 }
bridges.nng.pub.n1 { pub_url = "tcp://127.0.0.1:5555" }`,
  rules: `
rules.sqlite {
  path = "/tmp/sqlite_rule.db"
  rules = [ { sql = "SELECT payload.x.y as y, topic FROM \\"abc\\"", table = broker } ]
}
rules.repub.rules = [{
  server = "mqtt-tcp://localhost:1883", topic = "topic/repub1"
  keepalive = 60, sql = "SELECT topic, payload FROM \\"abc1\\"" }]
preset.session.1 { clientid = "example"
  topic = [ { remote_topic = "msg", qos = 1 } ] }`,
  substitutions: `
base { url = "http://127.0.0.1", n = 5, list = [1, 2] }
a = \${base.url}"/path"
b = \${base} { n = 6 }
c = \${base.list} [3]
d = \${base.n}
e = x \${?missing} y
f = \${?missing}
g = \${base.n}
g = \${?missing}
path = /bin
path = \${path}":/usr/bin"`,
  corners: `
{ "quoted key": 1, dotted.key.x: 2, dotted { key.y: 3 }
  text = """several
lines "here" """, spaces = a  b   c
  empty {}, none = [], deep = [[1, [2]], {a: [{b: {}}]}]
  numbers = [0, -1, 1.5, 2e3], words = [true, false, null, yes]
  twice = 1, twice = 2
  merged { a = 1, b { c = 1 } }
  merged { b.d = 2 }
  merged.a = 3
  escapes = "\\u00e9\\t\\n\\"/" }
`,
};
