-- How many events there are of a topic, and where it stands.
--
-- KEYS  last, birth, clock, canary, and the stream of the topic
-- ARGV  the age (microseconds) that its events may reach
-- Returns the number of its events, and the position of the last that was appended, be it gone: 0 if there is none.
local stream = KEYS[5]
if redis.call('EXISTS', stream) == 0 then return {0, '0'} end
redis.call('XTRIM', stream, 'MINID', text(now - tonumber(ARGV[1])))
local events, last = 0, '0'
local info = redis.call('XINFO', 'STREAM', stream)
for i = 1, #info, 2 do
  if info[i] == 'length' then
    events = info[i + 1]
  elseif info[i] == 'last-generated-id' then
    last = string.match(info[i + 1], '^%d+')
  end
end
return {events, last}
