"""Files to pages: every format comes out as upright grey rasters, one page after the other.

Inside a worker the decoders run in child processes (`workers.decoder`), because input may be hostile; `pages`
itself is plain code, for a tool that shows a page.
"""

from workers.decode.limits import Limits
from workers.decode.pages import pages

__all__ = ["Limits", "pages"]
