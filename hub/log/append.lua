-- Append events in order and announce each; one round trip, all or none. Where nothing may stand after a
-- position and something does, append nothing.
--
-- KEYS  last, birth, then for each event its stream and its idempotency key; then for each event that takes
--       one back: the idempotency key of that one, and the removals of the topic
-- ARGV  floor, most events a stream keeps, time to live (microseconds), key time to live (seconds),
--       position after which nothing may stand ("": anything may; else all events have one topic),
--       then for each event: topic's channel, type, body, "1" if it has an idempotency key, "1" if it
--       takes one back
-- Gives the topic's position if it stood after that one, else ""; then for each event its position, and
-- 1 if it was appended, 0 if its key had been. A position is microseconds, and always greater than every
-- earlier one; a topic of which there is nothing stands at 0. What is taken back is removed from its stream,
-- or never appended if it was not yet; a removal notes what stood before it, so that no gap seems to be there.
local floor, keep, ttl, key_ttl = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]
local after = tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = function(number) return string.format('%.0f', number) end

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

local events = (#ARGV - 5) / 5
local takes = 3 + 2 * events -- where the keys of what is taken back begin
local answer = {''}
for i = 0, events - 1 do
  local stream, key = KEYS[3 + 2 * i], KEYS[4 + 2 * i]
  local channel, kind, body = ARGV[6 + 5 * i], ARGV[7 + 5 * i], ARGV[8 + 5 * i]
  local keyed, taking = ARGV[9 + 5 * i] == '1', ARGV[10 + 5 * i] == '1'
  local position = keyed and redis.call('GET', key)
  local fresh = not position
  if fresh then
    local stood = 0
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
    after = nil -- from here on only these very events stand after it
    last = math.max(last + 1, now)
    position = text(last)
    local previous = math.max(birth, stood > 0 and stood or now - ttl)
    redis.call('XADD', stream, 'MAXLEN', keep, position .. '-0', 'p', text(previous), 't', kind, 'b', body)
    redis.call('XTRIM', stream, 'MINID', text(now - ttl))
    -- A position can run ahead of the clock; the stream must outlive it by the whole time to live,
    -- or "silent for that long" would be said of a topic that was not.
    redis.call('PEXPIRE', stream, math.ceil((last - now + ttl) / 1000))
    if keyed then redis.call('SET', key, position, 'EX', key_ttl) end
    if taking then take_back(stream, KEYS[takes], KEYS[takes + 1], position) end
    redis.call('PUBLISH', channel, position .. ' ' .. text(previous) .. ' ' .. kind .. ' ' .. body)
  end
  if taking then takes = takes + 2 end
  answer[#answer + 1] = position
  answer[#answer + 1] = fresh and 1 or 0
end
redis.call('SET', KEYS[1], text(last))
return answer
