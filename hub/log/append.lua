-- Append events in order and announce each; one round trip, all or none. Where nothing may stand after a
-- position and something does, append nothing.
--
-- KEYS  last, birth, then for each event its stream and its idempotency key
-- ARGV  floor, most events a stream keeps, time to live (microseconds), key time to live (seconds),
--       position after which nothing may stand ("": anything may; else all events have one topic),
--       then for each event: topic's channel, type, body, "1" if it has an idempotency key
-- Gives the topic's position if it stood after that one, else ""; then for each event its position, and
-- 1 if it was appended, 0 if its key had been. A position is microseconds, and always greater than every
-- earlier one; a topic of which there is nothing stands at 0.
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

local answer = {''}
for i = 0, (#KEYS - 2) / 2 - 1 do
  local stream, key = KEYS[3 + 2 * i], KEYS[4 + 2 * i]
  local channel, kind, body = ARGV[6 + 4 * i], ARGV[7 + 4 * i], ARGV[8 + 4 * i]
  local keyed = ARGV[9 + 4 * i] == '1'
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
    redis.call('PUBLISH', channel, position .. ' ' .. text(previous) .. ' ' .. kind .. ' ' .. body)
  end
  answer[#answer + 1] = position
  answer[#answer + 1] = fresh and 1 or 0
end
redis.call('SET', KEYS[1], text(last))
return answer
