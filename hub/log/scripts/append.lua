-- Appends events in order and publishes each: one round trip, all or none. Nothing is appended if the topic has an
-- event after an expected position, if its owner would exceed its share of the log, or a topic its rate.
--
-- KEYS  last, birth, clock, canary, the key under which all of this is done once; then for each topic with a
--       rate the moment up to which that is used up; then for each event its stream and, by its flags, the values
--       of its topic and their order, the key that remembers its idempotency key, the counter of its sender's day,
--       the idempotency key of the event that it removes with the removals of the topic, and the edits of the topic
--       with its removals
-- ARGV  floor, most events of a stream, most bytes of a stream, time to live (microseconds), key time to live
--       (seconds), expected position ("": any; else all events have one topic), digest of what is done once
--       ("": not once), owner that is limited to its share ("": none), that share (bytes), further bytes to
--       reserve, prefix of the owners' accounts, prefix of the topics' channels, length of the streams' prefix,
--       how many topics have a rate; then for each of these: topic, events per second, number of its events here;
--       then for each event: type, body, flags and, by its flags, what is kept of its topic (most events, most
--       bytes, age and lifetime in microseconds), the key of its value ("": of none) and how long that is kept, its
--       owner, the digest of its key, how many events its sender may append per day, and the position of the event
--       that it edits with "1" if it ends it
-- Returns "" and for each event its position, and 1 if it is fresh, 0 if its key had been used, position 0 and 0 if
-- its sender is over the limit of a day, position -1 and 0 if what it edits was ended; or why nothing was appended: "overtaken" and the last position of the
-- topic, "full" and the seconds until there is room, "rate" with a topic, its rate, its events and the seconds until
-- they are within it, "reused", "series" and the digest of the last append of the series.
-- A position is in microseconds, and always greater than every earlier one; an empty topic is at 0. A removed event
-- is deleted from its stream, or never appended if it has not been yet; a removal records the position before it,
-- so that it leaves no gap.
--
-- Flags are letters; most events have none. "h": the topic keeps another history than the first arguments say.
-- "l": the last event of each key of the topic is kept. "o": the event has another owner than the limited one. "k":
-- its key is remembered as a key of Redis. "s": its key is remembered as a digest in a sorted set of the messages of
-- one sender on one topic, at most `kept`, for a day. "r": it removes another event. "e": it edits one.
local floor, keep, keep_bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ttl, key_ttl, after, whole = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local limited, share, extra, prefix = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local channels, before_topic = ARGV[12], tonumber(ARGV[13])
local rated = tonumber(ARGV[14])
local KEYED, HEAD, FIELDS = 5 + rated, 14 + 3 * rated, 3 -- before the events', and arguments of each
local kept = 4096 -- as MAX_MESSAGE_IDS of hub/log/__init__.py
local ENTRY, STREAM, KEY = 64, 1024, 256 -- estimated overheads, as ENTRY_BYTES and so on of hub/log/__init__.py
local VALUES, VALUES_BYTES = 10000, 4194304 -- as MAX_VALUES and MAX_VALUES_BYTES of hub/log/retention.py
local EXPIRED = 10 -- values that one event clears away at most
local SLOTS = 12 -- per lifetime; what expires in the same slot is counted together
local has = function(flags, letter) return string.find(flags, letter, 1, true) ~= nil end

-- An account is a hash of bytes by the moment (microseconds) at which they will have expired.
local accounts = {}
local function account(owner)
  local one = accounts[owner]
  if not one then
    one = {total = 0, bytes = {}, expired = {}, changed = {}}
    local kept = redis.call('HGETALL', prefix .. owner)
    for i = 1, #kept, 2 do
      if tonumber(kept[i]) > now then
        one.bytes[kept[i]] = tonumber(kept[i + 1])
        one.total = one.total + one.bytes[kept[i]]
      else
        one.expired[#one.expired + 1] = kept[i]
      end
    end
    accounts[owner] = one
  end
  return one
end

-- Adds the bytes of an entry that was appended at `since`; negative if it is trimmed early.
local function count(owner, since, lifetime, bytes)
  local slot = lifetime / SLOTS
  local gone = (math.floor(since / slot) + 1) * slot + lifetime
  if gone > now then
    local one, field = account(owner), text(gone)
    local had = one.bytes[field]
    local left = math.max(0, (had or 0) + bytes)
    one.total = one.total + left - (had or 0)
    one.bytes[field], one.changed[field], one.opened = left, true, one.opened or not had
  end
end

local function write_accounts()
  for owner, one in pairs(accounts) do
    local key, fields, last = prefix .. owner, {}, 0
    for field in pairs(one.changed) do
      fields[#fields + 1] = field
      fields[#fields + 1] = text(one.bytes[field])
    end
    if #fields > 0 then redis.call('HSET', key, unpack(fields)) end
    if #one.expired > 0 then redis.call('HDEL', key, unpack(one.expired)) end
    if one.opened then
      for field in pairs(one.bytes) do last = math.max(last, tonumber(field)) end
      redis.call('PEXPIRE', key, math.ceil((last - now) / 1000))
    end
  end
end

-- Seconds until an owner has room for so many bytes; nil if there is room now.
local function wait(owner, bytes)
  local one, moments = account(owner), {}
  local over = one.total + bytes - share
  if over <= 0 then return nil end
  for field in pairs(one.bytes) do moments[#moments + 1] = field end
  table.sort(moments, function(a, b) return tonumber(a) < tonumber(b) end)
  for _, field in ipairs(moments) do
    over = over - one.bytes[field]
    if over <= 0 then return math.max(1, math.ceil((tonumber(field) - now) / 1000000)) end
  end
  return math.ceil(ttl / 1000000)
end

-- The state of a stream, without expired entries; `upto` is the number of bytes ever appended to it.
local default = {events = keep, bytes = keep_bytes, age = ttl, lifetime = ttl}
local streams = {}
local function state_of(stream, history)
  local one = streams[stream]
  if not one then
    history = history or default
    one = {last = 0, length = 0, upto = 0, made = redis.call('EXISTS', stream) == 0, history = history}
    if not one.made then
      redis.call('XTRIM', stream, 'MINID', text(now - history.age))
      local info = redis.call('XINFO', 'STREAM', stream)
      for i = 1, #info, 2 do
        local name, value = info[i], info[i + 1]
        if name == 'length' then
          one.length = value
        elseif name == 'last-generated-id' then
          one.last = tonumber(string.match(value, '^%d+'))
        elseif name == 'first-entry' then
          one.first = value
        elseif name == 'last-entry' and value then
          one.upto = tonumber(value[2][8] or '0') or 0 -- another program may have written it
        end
      end
    end
    streams[stream] = one
  end
  return one
end

-- Drops the oldest entries until one of so many bytes fits.
local function make_room(stream, one, bytes)
  local keep, keep_bytes = one.history.events, one.history.bytes
  while one.length > 0 do
    local first = one.first or redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    one.first = first
    local fields = first[2]
    local size = #(fields[4] or '') + #(fields[6] or '') + ENTRY
    local after_it = one.upto - (tonumber(fields[8] or '0') or 0) + bytes -- including the new one, without the first
    if one.length < keep and after_it + size <= keep_bytes then break end
    one.length, one.first = one.length - 1, nil
    redis.call('XTRIM', stream, 'MAXLEN', one.length)
    if fields[10] then count(fields[10], tonumber(string.match(first[1], '^%d+')), tonumber(fields[12]) or ttl, -size) end
    if one.length < keep and after_it <= keep_bytes then break end
  end
end

-- The last event of each key is kept in a hash beside the stream: position, how long it is kept, type, length of the
-- owner, owner and body; a sorted set has the keys by position. The field "" says up to where the hash has all that
-- was appended, and its bytes. If that is not the stream's last event, others were appended without, under another
-- policy: then the values are outdated, and begin anew.
local function open_values(one, hash, order)
  local upto, bytes = string.match(redis.call('HMGET', hash, '')[1] or '', '^(%d+) (%d+)$')
  if tonumber(upto) ~= one.last then
    redis.call('DEL', hash, order)
    bytes = 0
  end
  one.values = {hash = hash, order = order, bytes = tonumber(bytes)}
end

local function drop_value(values, key, value)
  local position, lifetime, length, start = string.match(value, '^(%d+) (%d+) %S+ (%d+) ()')
  if length and length ~= '0' then -- another program may have written it
    local owner = string.sub(value, start, start + tonumber(length) - 1)
    count(owner, tonumber(position), tonumber(lifetime), -(#key + #value + ENTRY))
  end
  values.bytes = values.bytes - #key - #value - ENTRY
end

local function drop_values(values, keys)
  for _, key in ipairs(keys) do
    local value = redis.call('HMGET', values.hash, key)[1]
    if value then
      drop_value(values, key, value)
      redis.call('HDEL', values.hash, key)
    end
    redis.call('ZREM', values.order, key)
  end
end

local function add_value(values, key, lifetime, position, kind, body, owner)
  local value = position .. ' ' .. text(lifetime) .. ' ' .. kind .. ' ' .. #owner .. ' ' .. owner .. body
  local before = redis.call('HMGET', values.hash, key)[1]
  if before then drop_value(values, key, before) end
  redis.call('HSET', values.hash, key, value)
  redis.call('ZADD', values.order, position, key)
  local bytes = #key + #value + ENTRY
  values.bytes = values.bytes + bytes
  if owner ~= '' then count(owner, tonumber(position), lifetime, bytes) end
  drop_values(values, redis.call('ZRANGEBYSCORE', values.order, 0, text(now - lifetime), 'LIMIT', 0, EXPIRED))
  local number = redis.call('ZCARD', values.order)
  while number > VALUES or (values.bytes > VALUES_BYTES and number > 1) do
    drop_values(values, redis.call('ZRANGE', values.order, 0, 0))
    number = number - 1
  end
  if number == 1 then values.bytes = bytes end
end

local answer = {''}
-- "~digest follows" of a series: only its last digest is remembered, and has to be the one that is followed if that
-- is given.
local series, follows = string.match(whole, '^(~[^ ]*) (.*)$')
whole = series or whole
if whole ~= '' then
  local kept = redis.call('GET', KEYS[5])
  if kept then
    local first, many, was = string.match(kept, '^(%d+) (%d+) (.*)$')
    if was == whole then
      for i = 0, tonumber(many) - 1 do
        answer[#answer + 1] = text(tonumber(first) + i)
        answer[#answer + 1] = 0
      end
      return answer
    end
    if not series then return {'reused'} end
    if follows ~= '' and was ~= '~' .. follows then return {'series', string.sub(was, 2)} end
  end
end
if limited ~= '' then
  local bytes = extra + (whole ~= '' and KEY or 0)
  local at = HEAD
  while at < #ARGV do
    local flags = ARGV[at + 3]
    local size = #ARGV[at + 1] + #ARGV[at + 2] + ENTRY
    bytes = bytes + size
    at = at + FIELDS
    if flags ~= '' then
      if has(flags, 'l') then bytes = bytes + size end
      at = at + (has(flags, 'h') and 4 or 0) + (has(flags, 'l') and 2 or 0)
      at = at + (has(flags, 'o') and 1 or 0) + (has(flags, 's') and 2 or 0)
    end
  end
  local seconds = wait(limited, bytes)
  if seconds then return {'full', seconds} end
end

local used_up_to = {}
for i = 1, rated do
  local at = 12 + 3 * i
  local rate, events = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local interval = 1000000 / rate
  local burst = interval * math.max(1, rate)
  -- The clock may have gone back.
  local used = math.min(math.max(tonumber(redis.call('GET', KEYS[5 + i]) or '0'), now), now + burst)
  used_up_to[i] = used + events * interval
  local over = used_up_to[i] - now - burst
  if over > 1 then return {'rate', ARGV[at], ARGV[at + 1], ARGV[at + 2], math.ceil(over / 1000000)} end
end

local last, birth = open_log(floor)

local function found(key, digest)
  if not digest then return redis.call('GET', key) end
  local position = tonumber(redis.call('ZSCORE', key, digest) or '0')
  return position > now - key_ttl * 1000000 and text(position)
end

local function remember(key, digest, position, counter)
  if not digest then
    redis.call('SET', key, position, 'EX', key_ttl)
  else
    redis.call('ZADD', key, position, digest)
    redis.call('ZREMRANGEBYRANK', key, 0, -kept - 1)
    redis.call('ZREMRANGEBYSCORE', key, 0, text(now - key_ttl * 1000000))
    redis.call('PEXPIRE', key, key_ttl * 1000)
    if redis.call('INCR', counter) == 1 then redis.call('PEXPIRE', counter, 24 * 3600 * 1000) end
  end
end

local function delete(stream, position, removals)
  local values = state_of(stream).values
  if values then drop_values(values, redis.call('ZRANGEBYSCORE', values.order, position, position)) end
  local entry = redis.call('XRANGE', stream, position .. '-0', position .. '-0')[1]
  if entry then
    local one, fields = state_of(stream), entry[2]
    redis.call('XDEL', stream, entry[1])
    one.length, one.first = one.length - 1, nil
    if fields[10] then
      count(fields[10], tonumber(position), tonumber(fields[12]) or ttl, -(#fields[4] + #fields[6] + ENTRY))
    end
    redis.call('ZADD', removals, position, position .. ' ' .. fields[2])
    redis.call('ZREMRANGEBYRANK', removals, 0, -1 - one.history.events)
    redis.call('PEXPIRE', removals, math.ceil((last - now + one.history.lifetime) / 1000))
  end
end

local function remove(stream, key, removals, by)
  local position = redis.call('GET', key)
  if position then
    delete(stream, position, removals)
  else
    redis.call('SET', key, by, 'EX', key_ttl)
  end
end

-- The event at `by` has the text of the one at `of`, or ends it: all that had its text before is deleted. A sorted set
-- has the last such event of each, and "-" before a position that was ended.
local function replace(stream, edits, removals, of, ends, by)
  delete(stream, of, removals)
  local before = redis.call('ZSCORE', edits, of)
  if before then delete(stream, text(tonumber(before)), removals) end
  if ends then redis.call('ZREM', edits, of) end
  redis.call('ZADD', edits, by, (ends and '-' or '') .. of)
  local history = state_of(stream).history
  redis.call('ZREMRANGEBYRANK', edits, 0, -1 - history.events)
  redis.call('PEXPIRE', edits, math.ceil((last - now + history.lifetime) / 1000))
end

local keys, arguments = KEYED, HEAD -- how many of them are consumed
local function next_key()
  keys = keys + 1
  return KEYS[keys]
end
local function next_argument()
  arguments = arguments + 1
  return ARGV[arguments]
end

while arguments < #ARGV do
  local stream, kind, body, flags = next_key(), next_argument(), next_argument(), next_argument()
  local owner, key, digest, counter, daily, removed, removals, history = limited, nil, nil, nil, nil, nil, nil, nil
  local values, order, value_key, value_ttl, edits, of, ends
  if flags ~= '' then
    if has(flags, 'h') then
      history = {
        events = tonumber(next_argument()),
        bytes = tonumber(next_argument()),
        age = tonumber(next_argument()),
        lifetime = tonumber(next_argument())
      }
    end
    if has(flags, 'l') then
      values, order, value_key, value_ttl = next_key(), next_key(), next_argument(), tonumber(next_argument())
    end
    if has(flags, 'o') then owner = next_argument() end
    if has(flags, 'k') then key = next_key() end
    if has(flags, 's') then
      key, counter, digest, daily = next_key(), next_key(), next_argument(), tonumber(next_argument())
    end
    if has(flags, 'r') then removed, removals = next_key(), next_key() end
    if has(flags, 'e') then edits, removals, of, ends = next_key(), next_key(), next_argument(), next_argument() == '1' end
  end
  local position = key and found(key, digest)
  local fresh = not position
  local one
  if fresh then
    one = state_of(stream, history)
    if after and one.last > after then
      answer = {'overtaken', text(one.last)}
      break
    end
    if counter and tonumber(redis.call('GET', counter) or '0') >= daily then
      position, fresh = '0', false
    elseif edits and redis.call('ZSCORE', edits, '-' .. of) then
      position, fresh = '-1', false
    end
  end
  if fresh then
    if values and not one.values then open_values(one, values, order) end
    after = nil -- from here on only these events follow it
    last = math.max(last + 1, now)
    position = text(last)
    local previous = text(math.max(birth, one.last > 0 and one.last or silent_since(last - 1, ttl)))
    local bytes = #kind + #body + ENTRY
    if one.length >= one.history.events or one.upto + bytes > one.history.bytes then make_room(stream, one, bytes) end
    one.upto, one.length, one.last, one.grown = one.upto + bytes, one.length + 1, last, true
    if owner == '' then
      redis.call('XADD', stream, position .. '-0', 'p', previous, 't', kind, 'b', body, 'c', text(one.upto))
    else
      local entry = {'XADD', stream, position .. '-0', 'p', previous, 't', kind, 'b', body, 'c', text(one.upto), 'o', owner}
      if one.history.age ~= ttl then
        entry[#entry + 1] = 'l' -- its lifetime, where that is not everyone's
        entry[#entry + 1] = text(one.history.age)
      end
      redis.call(unpack(entry))
      count(owner, last, one.history.age, bytes)
      if one.made then count(owner, last, one.history.lifetime, STREAM) end
      one.made = false
    end
    if values and value_key ~= '' then add_value(one.values, value_key, value_ttl, position, kind, body, owner) end
    if key then remember(key, digest, position, counter) end
    if removed then remove(stream, removed, removals, position) end
    if edits then replace(stream, edits, removals, of, ends, position) end
    local channel = channels .. string.sub(stream, before_topic + 1)
    redis.call('PUBLISH', channel, position .. ' ' .. previous .. ' ' .. kind .. ' ' .. body)
  end
  answer[#answer + 1] = position
  answer[#answer + 1] = fresh and 1 or 0
end

for i = 1, rated do
  redis.call('SET', KEYS[5 + i], text(used_up_to[i]), 'PX', math.ceil((used_up_to[i] - now) / 1000))
end
for stream, one in pairs(streams) do
  -- A position can run ahead of the clock; the stream must outlive it by the whole time to live, or the topic
  -- would count as silent too early.
  if one.grown then
    local left = math.ceil((one.last - now + one.history.lifetime) / 1000)
    redis.call('PEXPIRE', stream, left)
    if one.values then
      redis.call('HSET', one.values.hash, '', text(one.last) .. ' ' .. text(one.values.bytes))
      redis.call('PEXPIRE', one.values.hash, left)
      redis.call('PEXPIRE', one.values.order, left)
    end
  end
end
if whole ~= '' and #answer > 1 and answer[1] == '' then
  redis.call('SET', KEYS[5], answer[2] .. ' ' .. (#answer - 1) / 2 .. ' ' .. whole, 'EX', key_ttl)
  if limited ~= '' then count(limited, now, key_ttl * 1000000, KEY) end
end
write_accounts()
redis.call('SET', KEYS[1], text(last))
return answer
