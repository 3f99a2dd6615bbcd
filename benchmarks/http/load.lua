-- benchmarks/http/load.lua: what wrk sends, and one line of JSON with what came back.
--
-- From the environment: LOAD_KIND (get, note, search), LOAD_FILE (one target or body a line),
-- LOAD_BEARER (a file), LOAD_CLOSE (a handshake for every request), LOAD_DELAY_MS (the mean pause of
-- a client between answer and request; pauses are exponential, so that clients come as they like).

local kind = os.getenv("LOAD_KIND")
local delay_ms = tonumber(os.getenv("LOAD_DELAY_MS") or "")
local lines = {}
local threads = 0
-- A note of half a kilobyte.
local note = '{"text":"' .. string.rep("Nota inventata per le misure. ", 17) .. '"}'

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  for line in io.lines(os.getenv("LOAD_FILE")) do lines[#lines + 1] = line end
  local random = io.open("/dev/urandom", "rb")
  local a, b, c = random:read(3):byte(1, 3)
  random:close()
  math.randomseed(a * 65536 + b * 256 + c + number)
  local bearer = os.getenv("LOAD_BEARER")
  if bearer then
    local file = io.open(bearer)
    wrk.headers["Authorization"] = "Bearer " .. file:read("*l")
    file:close()
  end
  if kind ~= "get" then wrk.headers["Content-Type"] = "application/json" end
  if os.getenv("LOAD_CLOSE") then wrk.headers["Connection"] = "close" end
end

-- A UUID of version 7; wrk has no clock finer than a second.
local function key()
  local r = math.random
  return string.format("%012x7%03x8%03x%06x%06x", os.time() * 1000 + r(0, 999), r(0, 4095),
                       r(0, 4095), r(0, 16777215), r(0, 16777215))
end

function request()
  local line = lines[math.random(#lines)]
  if kind == "get" then return wrk.format("GET", line) end
  if kind == "search" then return wrk.format("POST", "/v1/person-searches", nil, line) end
  wrk.headers["Idempotency-Key"] = key()
  return wrk.format("POST", line .. "/notes", nil, note)
end

if delay_ms then
  function delay() return math.floor(-delay_ms * math.log(1 - math.random()) + 0.5) end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"us":%d,"bytes":%d,"refused":%d,"broken":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50),
    latency:percentile(90), latency:percentile(99), latency.max))
end
