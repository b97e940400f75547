"""The index file as a file: opening, locking, transactions, and everything that can be wrong with it.

An index of another format, or a damaged one, is made anew and `notice` says so; a file that is no index is never
touched. Readers and writers share a lock beside the file; making it anew and pruning want it alone. A place that
cannot be written serves readers as long as no writer left something unfinished there.

Not handled: network file systems without locks.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from analyzer.errors import StoreError

_APPLICATION = 0x6B636731  # "kcg1", in SQLite's header, so that no other database is overwritten
_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 60
_PARTS = ("", "-wal", "-shm")

_State = Literal["new", "ours", "other format", "damaged"]


class DamagedStoreError(StoreError):
    """The index cannot be trusted any more."""


class Database:
    """A SQLite file of one format, open for reading and, if its place allows, writing.

    `notice` is what a person should know about how it was opened. Raises StoreError.
    """

    def __init__(self, path: Path, schema: str, form: str) -> None:
        self.path = path
        self.notice = ""
        self.writable = True
        self._form = form
        self._lock: int | None = None
        try:
            self._open(schema)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise StoreError(
                f"The index {path} cannot be opened: {error}.",
                hint="Give another place with --store, or remove the file; it is rebuilt by itself.",
            ) from error
        except StoreError:
            self.close()
            raise

    def _open(self, schema: str) -> None:
        with contextlib.suppress(FileExistsError, PermissionError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self._share()
        state = self._state()
        if state in ("other format", "damaged"):
            self._alone("It is of another format or damaged and must be made anew.")
            state = self._state()
            if state in ("other format", "damaged"):
                reason = "is damaged" if state == "damaged" else "was made by another version of kcg"
                self.notice = f"the index {self.path} {reason}; making it anew"
                for part in _PARTS:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(f"{self.path}{part}")
                state = "new"
        if state == "new":
            self._connect()
            self._make(schema)
        self._connect()
        if self.writable:
            self._share()

    # what is there

    def _state(self) -> _State:
        """What lies at the path. Raises StoreError for what is not ours."""
        try:
            size = os.path.getsize(self.path)
            head = _head(self.path)
        except FileNotFoundError:
            return "new"
        if not size:
            return "new"
        number = int.from_bytes(head[68:72], "big")
        if head[:16] != _MAGIC or (number not in (0, _APPLICATION)):
            raise StoreError(
                f"The index {self.path} cannot be opened: it is no index of kcg.",
                hint="Give another place with --store, or remove the file.",
            )
        pages, page_size = int.from_bytes(head[28:32], "big"), int.from_bytes(head[16:18], "big")
        if page_size == 1:
            page_size = 65536
        if len(head) < 100 or size < pages * page_size:
            return "damaged"
        try:
            self._connect(looking=True)
            names = {r[0] for r in self._db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            if not names:
                return "new"
            # What has no number of ours yet may be in the main file or still in its journal.
            if self._db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
                raise StoreError(
                    f"The index {self.path} cannot be opened: it is a database of another program.",
                    hint="Give another place with --store.",
                )
            if "meta" not in names:
                return "damaged"
            row = self._db.execute("SELECT value FROM meta WHERE key='format'").fetchone()
        except sqlite3.OperationalError:
            raise  # busy, or cannot be opened: says nothing about what is in it
        except sqlite3.DatabaseError:
            return "damaged"
        finally:
            self._disconnect()
        return "ours" if row is not None and row[0] == self._form else "other format"

    def _make(self, schema: str) -> None:
        """The tables, in one transaction; another process may have been first."""
        self._db.execute("BEGIN IMMEDIATE")
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._db.execute(f"PRAGMA application_id={_APPLICATION}")
            for statement in schema.split(";"):
                if statement.strip():
                    self._db.execute(statement)
            self._db.execute("INSERT INTO meta VALUES('format', ?)", (self._form,))
        self._db.execute("COMMIT")

    # connection

    def _connect(self, *, looking: bool = False) -> None:
        """Open the file; while only looking, nothing in it is changed."""
        self._disconnect()
        self.writable = _can_write(self.path)
        if self.writable:
            self._db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                if not looking and self._db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                # Even reading wants a few kilobytes beside the file. A full disk shall not stop readers.
                if not self._complete():
                    raise
                self._alone("There is no space left beside it.")
                self.writable = False
        if not self.writable:
            self._db = self._read_only()
        self._db.execute("PRAGMA mmap_size=1073741824")
        self._db.execute("PRAGMA cache_size=-32768")
        self._db.execute("PRAGMA synchronous=NORMAL")

    def _complete(self) -> bool:
        """Whether all that was written is in the main file, not in a journal."""
        try:
            if os.path.getsize(f"{self.path}-wal"):
                return False
        except OSError:
            pass
        return self.path.exists() and os.path.getsize(self.path) > 0

    def _read_only(self) -> sqlite3.Connection:
        # Nothing unfinished, and nobody can write here: SQLite need not lock either.
        more = "&immutable=1" if self._complete() else ""
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro{more}", uri=True, isolation_level=None)

    def _disconnect(self) -> None:
        if hasattr(self, "_db"):
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            del self._db

    def close(self) -> None:
        """Release the file."""
        self._disconnect()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # locks between processes

    def _take_lock(self) -> None:
        with contextlib.suppress(OSError):
            self._lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def _share(self) -> None:
        self._flock(fcntl.LOCK_SH, "Another kcg is making it anew or pruning it.")

    def _alone(self, why: str) -> None:
        try:
            self._flock(fcntl.LOCK_EX, f"{why} Another kcg uses it.", patience=5)
        except StoreError:
            self._share()  # asking for the one may have cost the other
            raise

    def _flock(self, how: int, why: str, *, patience: float = _BUSY_SECONDS) -> None:
        if self._lock is None:
            return
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._lock, how | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise StoreError(
                        f"The index {self.path} is in use. {why}",
                        hint="Try again when that has ended, or give another place with --store.",
                    ) from error
                time.sleep(0.05)
            except OSError:  # no locks here
                return

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process has the index open. Raises StoreError when one has."""
        self._alone("Only one process may prune.")
        try:
            yield
        finally:
            self._share()

    # statements

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        try:
            return self._db.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first row of a query, or None."""
        try:
            return self._db.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        """The rows of a query, one by one."""
        try:
            yield from self._db.execute(sql, parameters)
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """A statement inside `writing`."""
        return self._db.execute(sql, parameters)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """A statement for many rows inside `writing`."""
        self._db.executemany(sql, rows)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction."""
        if not self.writable:
            raise StoreError(
                f"The index {self.path} cannot be written: its place is read-only.",
                hint="Give another place with --store.",
            )
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise self.failed(error, writing=True) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")

    def compact(self) -> None:
        """Give free space back to the file system."""
        try:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise self.failed(error, writing=True) from error

    def failed(self, error: sqlite3.Error, *, writing: bool = False) -> StoreError:
        """What to say about an error of SQLite's."""
        if not isinstance(error, sqlite3.OperationalError) and isinstance(error, sqlite3.DatabaseError):
            return self.damaged(str(error))
        return StoreError(
            f"The index {self.path} cannot be {'written' if writing else 'read'}: {error}.",
            hint="Check free space and permissions, or give another place with --store.",
        )

    def damaged(self, why: str) -> DamagedStoreError:
        """What to say when something in the file is wrong."""
        return DamagedStoreError(
            f"The index {self.path} is damaged ({why}).",
            hint=f"Remove it (rm {self.path}*); it is rebuilt by itself.",
        )

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for part in _PARTS:
            with contextlib.suppress(OSError):
                total += os.path.getsize(f"{self.path}{part}")
        return total


_open_files: dict[tuple[int, int], int] = {}


def _head(path: Path) -> bytes:
    """The first bytes of a file. Its descriptor stays open: to close one of a database drops the locks of all
    connections that this process has to it (sqlite.org/howtocorrupt.html, 2.2), and another process that ends
    would then take away the journal that they read."""
    found = os.stat(path)
    key = found.st_dev, found.st_ino
    if key not in _open_files:
        _open_files[key] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return os.pread(_open_files[key], 100, 0)


def _can_write(path: Path) -> bool:
    """Whether the file (or, while there is none, its folder) and the folder for its journal can be written."""
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        if not path.exists():
            raise StoreError(
                f"The index {path} cannot be made: its folder cannot be written.",
                hint="Give another place with --store.",
            )
        return False
    return not path.exists() or os.access(path, os.W_OK)
