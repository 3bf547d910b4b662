"""Room for bodies: never more than there is, and nobody waits for ever."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.web.room import Room

SIZE = 100
BODIES = st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, 4), st.booleans()), max_size=30)


@given(BODIES)
def test_all_are_admitted_and_the_room_is_never_exceeded(bodies):
    room, held, most = Room(SIZE), 0, 0

    async def read(size, pauses):
        nonlocal held, most
        await room.take(size)
        held += size
        most = max(most, held)
        for _ in range(pauses):
            await asyncio.sleep(0)
        held -= size
        room.give_back(size)

    async def scenario():
        tasks = [asyncio.create_task(read(size, pauses)) for size, pauses, _ in bodies]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone = [one for one, (_, _, leaves) in zip(tasks, bodies, strict=True) if leaves]
        # Whoever gives up while waiting leaves the line, and takes no room along.
        waiting = [one for one in gone if not one.done()] if not held else []
        for one in waiting:
            one.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        await asyncio.wait_for(room.take(SIZE), 5)

    asyncio.run(scenario())
    assert most <= SIZE


def test_a_large_body_is_not_overtaken_for_ever():
    room, order = Room(10), []

    async def read(name, size):
        await room.take(size)
        order.append(name)
        await asyncio.sleep(0)
        room.give_back(size)

    async def scenario():
        await room.take(5)
        tasks = [asyncio.create_task(read(name, size)) for name, size in (("large", 10), ("small", 1))]
        await asyncio.sleep(0)
        room.give_back(5)
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert order == ["large", "small"]


def test_who_gives_up_waiting_leaves_the_line():
    async def scenario():
        room = Room(10)
        await room.take(10)
        waits = asyncio.create_task(room.take(10))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        late = asyncio.create_task(room.take(3))
        await asyncio.sleep(0)
        room.give_back(10)
        late.cancel()  # admitted, but it never came to know
        await asyncio.gather(late, return_exceptions=True)
        await asyncio.wait_for(room.take(10), 1)

    asyncio.run(scenario())
