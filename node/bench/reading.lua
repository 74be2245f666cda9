-- One reader of a node for wrk, and a connection for each: `node/bench/reading.py` says what it asks for.
--
-- wrk … -- FILE EVERY_MS SEED FALLING: a file of paths, one a line; between two requests of one reader; to draw from;
-- `falling` if the n-th path is asked for as often as 1/n, `even` if all are asked for alike. Every second request
-- brings the ETag of the last answer. Prints one JSON object.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { long s; long us; } moment;
int gettimeofday(moment *now, void *zone);
]]

local at = ffi.new("moment")
local readers = {}

local function now_ms()
  ffi.C.gettimeofday(at, nil)
  return tonumber(at.s) * 1000 + tonumber(at.us) / 1000
end

function setup(thread)
  table.insert(readers, thread)
  thread:set("number", #readers)
end

function init(words)
  every, paths, sums, tags = tonumber(words[2]), {}, {}, {}
  local sum = 0
  for path in io.lines(words[1]) do
    table.insert(paths, path)
    sum = sum + (words[4] == "falling" and 1 / #paths or 1)
    table.insert(sums, sum)
  end
  math.randomseed(tonumber(words[3]) * 1000 + number)
  due, again, asked = now_ms() + math.random() * every, false, nil
  unchanged, refused = 0, 0
end

local function drawn()
  local chance, low, high = math.random() * sums[#sums], 1, #sums
  while low < high do
    local middle = math.floor((low + high) / 2)
    if sums[middle] < chance then low = middle + 1 else high = middle end
  end
  return paths[low]
end

-- Whoever is late asks at once, and does not make up for more than that.
function delay()
  local now = now_ms()
  local wait = math.max(0, due - now)
  due = math.max(due, now - every) + every
  return math.floor(wait + 0.5)
end

function request()
  asked, again = drawn(), not again
  local tag = again and tags[asked]
  return wrk.format("GET", asked, tag and { ["If-None-Match"] = tag } or {})
end

function response(status, headers)
  if status == 304 then
    unchanged = unchanged + 1
  elseif status ~= 200 then
    refused = refused + 1
  end
  tags[asked] = headers["Etag"] or headers["ETag"] or tags[asked] -- servers spell it so, or so
end

function done(summary, latency)
  local errors, unchanged, refused = summary.errors, 0, 0
  for _, reader in ipairs(readers) do
    unchanged, refused = unchanged + reader:get("unchanged"), refused + reader:get("refused")
  end
  io.write(string.format(
    '{"rate": %.3f, "p50_ms": %.3f, "p95_ms": %.3f, "unchanged": %d, "failures": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    unchanged, refused + errors.connect + errors.read + errors.write + errors.timeout))
end
