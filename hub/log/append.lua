-- Append events in order and announce each; one round trip, all or none. Where nothing may stand after a
-- position and something does, append nothing.
--
-- KEYS  last, birth, then for each event its stream, what remembers its idempotency key, and its sender's
--       tally of the day; then for each event that takes one back: the idempotency key of that one, and the
--       removals of the topic
-- ARGV  floor, most events a stream keeps, time to live (microseconds), key time to live (seconds),
--       position after which nothing may stand ("": anything may; else all events have one topic),
--       then for each event: topic's channel, type, body; how its key is remembered (below), if in a
--       sender's set the digest of the key, and how many events the sender may append a day; "1" if it
--       takes one back
-- Gives the topic's position if it stood after that one, else ""; then for each event its position, and
-- 1 if it was appended, 0 if its key had been; 0 and 0 of a sender who has had the day's. A position is
-- microseconds, and always greater than every earlier one; a topic of which there is nothing stands at 0.
-- What is taken back is removed from its stream, or never appended if it was not yet; a removal notes what
-- stood before it, so that no gap seems to be there.
--
-- A key is remembered not at all (""), as a key of Redis ("own"), or by its digest in a sorted set of what one
-- sender has said on one topic ("sender"): the newest of a day, not more than `kept`.
local floor, keep, ttl, key_ttl = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local after = tonumber(ARGV[5])
local kept = 4096 -- as SAID_KEPT of hub/log/__init__.py
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = function(number) return string.format('%.0f', number) end

local function found(how, key, digest)
  if how == 'own' then return redis.call('GET', key) end
  if how ~= 'sender' then return false end
  local position = tonumber(redis.call('ZSCORE', key, digest) or '0')
  return position > now - key_ttl * 1000000 and text(position)
end

local function remember(how, key, digest, position, tally)
  if how == 'own' then
    redis.call('SET', key, position, 'EX', key_ttl)
  elseif how == 'sender' then
    redis.call('ZADD', key, position, digest)
    redis.call('ZREMRANGEBYRANK', key, 0, -kept - 1)
    redis.call('ZREMRANGEBYSCORE', key, 0, text(now - key_ttl * 1000000))
    redis.call('PEXPIRE', key, key_ttl * 1000)
    if redis.call('INCR', tally) == 1 then redis.call('PEXPIRE', tally, 24 * 3600 * 1000) end
  end
end

local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local birth = tonumber(redis.call('GET', KEYS[2]) or '0')
if last == 0 or floor > last then
  -- New data, or data that went back in time (flushed, restored, failed over): nothing that was
  -- said before this moment can be proved whole.
  last = math.max(floor, last, now)
  birth = last
  redis.call('SET', KEYS[2], text(birth))
end

local function take_back(stream, key, removals, by)
  local position = redis.call('GET', key)
  if not position then
    redis.call('SET', key, by, 'EX', key_ttl)
    return
  end
  local entry = redis.call('XRANGE', stream, position .. '-0', position .. '-0')[1]
  if entry then
    redis.call('XDEL', stream, entry[1])
    redis.call('ZADD', removals, position, position .. ' ' .. entry[2][2])
    redis.call('ZREMRANGEBYRANK', removals, 0, -1 - keep)
    redis.call('PEXPIRE', removals, math.ceil((last - now + ttl) / 1000))
  end
end

local events = (#ARGV - 5) / 7
local taken = 3 + 3 * events -- where the keys of what is taken back begin
local answer = {''}
for i = 0, events - 1 do
  local stream, key, tally = unpack(KEYS, 3 + 3 * i, 5 + 3 * i)
  local channel, kind, body, how, digest, daily, takes = unpack(ARGV, 6 + 7 * i, 12 + 7 * i)
  local taking = takes == '1'
  local position = found(how, key, digest)
  local fresh = not position
  local stood = 0
  if fresh then
    if redis.call('EXISTS', stream) == 1 then
      local info = redis.call('XINFO', 'STREAM', stream)
      for j = 1, #info, 2 do
        if info[j] == 'last-generated-id' then
          stood = tonumber(string.match(info[j + 1], '^%d+'))
        end
      end
    end
    if after and stood > after then
      answer[1] = text(stood)
      break
    end
    if how == 'sender' and tonumber(redis.call('GET', tally) or '0') >= tonumber(daily) then
      position, fresh = '0', false
    end
  end
  if fresh then
    after = nil -- from here on only these very events stand after it
    last = math.max(last + 1, now)
    position = text(last)
    local previous = math.max(birth, stood > 0 and stood or now - ttl)
    redis.call('XADD', stream, 'MAXLEN', keep, position .. '-0', 'p', text(previous), 't', kind, 'b', body)
    redis.call('XTRIM', stream, 'MINID', text(now - ttl))
    -- A position can run ahead of the clock; the stream must outlive it by the whole time to live,
    -- or "silent for that long" would be said of a topic that was not.
    redis.call('PEXPIRE', stream, math.ceil((last - now + ttl) / 1000))
    remember(how, key, digest, position, tally)
    if taking then take_back(stream, KEYS[taken], KEYS[taken + 1], position) end
    redis.call('PUBLISH', channel, position .. ' ' .. text(previous) .. ' ' .. kind .. ' ' .. body)
  end
  if taking then taken = taken + 2 end
  answer[#answer + 1] = position
  answer[#answer + 1] = fresh and 1 or 0
end
redis.call('SET', KEYS[1], text(last))
return answer
