"""One signature by each algorithm, made by throw-away keys: the known-answer tests of R38.

An algorithm counts as supported only if the installed library accepts its known answer here.
"""

from __future__ import annotations

from binascii import a2b_base64

_DATA = b"dnssec-resolver known answer"

_TABLE = {
    5: (
        (
            b"AwEAAeEM2VaeLv8DRRBiVp5HokG3ehfBuIJNxoTky6CVq4Bb2OM63m/pKgWb2LEImhI9Gho5L7T7Ud1Rtd5p+bEG4GzTrvUGpFIx"
            b"akF4VGLEXGj4XHbIMvGvMQaWKipIGif3v0vHVvnoszCApJk4fLLRlJE6DJHMi665RE5fxbMxVGsd"
        ),
        (
            b"YrGcHOowckjNdsmX9gR2CxN4atCHHuIBwWeOfIuibaAVMEHP8fTXdxKPG9B/SD7Gzo+xnrCWPCZ29BLsM4GUCXE3IJ25k2YPxyz0"
            b"VSaJm7koaeo4Ga7ElpJzajrp7O4lWxw21KccdPh/Z7jCW9xlKTtzbQD7jIdKqt/CX76j0ow="
        ),
    ),
    7: (
        (
            b"AwEAAeEM2VaeLv8DRRBiVp5HokG3ehfBuIJNxoTky6CVq4Bb2OM63m/pKgWb2LEImhI9Gho5L7T7Ud1Rtd5p+bEG4GzTrvUGpFIx"
            b"akF4VGLEXGj4XHbIMvGvMQaWKipIGif3v0vHVvnoszCApJk4fLLRlJE6DJHMi665RE5fxbMxVGsd"
        ),
        (
            b"YrGcHOowckjNdsmX9gR2CxN4atCHHuIBwWeOfIuibaAVMEHP8fTXdxKPG9B/SD7Gzo+xnrCWPCZ29BLsM4GUCXE3IJ25k2YPxyz0"
            b"VSaJm7koaeo4Ga7ElpJzajrp7O4lWxw21KccdPh/Z7jCW9xlKTtzbQD7jIdKqt/CX76j0ow="
        ),
    ),
    8: (
        (
            b"AwEAAeEM2VaeLv8DRRBiVp5HokG3ehfBuIJNxoTky6CVq4Bb2OM63m/pKgWb2LEImhI9Gho5L7T7Ud1Rtd5p+bEG4GzTrvUGpFIx"
            b"akF4VGLEXGj4XHbIMvGvMQaWKipIGif3v0vHVvnoszCApJk4fLLRlJE6DJHMi665RE5fxbMxVGsd"
        ),
        (
            b"LGWE+X/qQgCirxAOJV00lM8vrvtEYHkOQF1h8zwNnnpjbf1s4QohjPHwy6HVebC7DROpMGepmX9hY4rx3gbKpmm+fiZMLhXtQfm8"
            b"V1OPZjm7/2UvxCctZMUDmIj19ipw0jFZmrIZOhqCVoVxQtxXliRqCVhntzVTsLz7ljTQjdo="
        ),
    ),
    10: (
        (
            b"AwEAAeEM2VaeLv8DRRBiVp5HokG3ehfBuIJNxoTky6CVq4Bb2OM63m/pKgWb2LEImhI9Gho5L7T7Ud1Rtd5p+bEG4GzTrvUGpFIx"
            b"akF4VGLEXGj4XHbIMvGvMQaWKipIGif3v0vHVvnoszCApJk4fLLRlJE6DJHMi665RE5fxbMxVGsd"
        ),
        (
            b"GSm7KBbNbcNxQlOy3eC2ozGOXLJKjPwA3Q/s1zhhjxRnLBorXl9ADTAbqAm6BAHQT13C2Zm4a62iM0yHIMZ5a8tAdo83FYoZmjh/"
            b"d1SnL/k4AexJo+ghJfKyWDJdNy5UAV1petJTLlQ/RB6mkjv058Q0QhTnU7BDYApx8D546lw="
        ),
    ),
    13: (
        b"o6lUeHfSRP8zfZ17/vqdNjzGAyIfhCXUwb5hk2Ri6K9T2JS6Mj26FnVOI1kuvep2y2KdM9p8cEOUM8A2hx0s/g==",
        b"3nvVxb7rtEiinsce56N6Fm+xheNziQuZ8TQvCLVRamaKS0v44/ImymyJM4b5G4fhHdeOQrZpIb0CtrSk5+6LAA==",
    ),
    14: (
        (
            b"uNQMnYpdojY/prdpgGkxZwg9avj/k61bWFN0U80YBcrThkb63cexfAI/8fKTOIUtJzLexWMm20fl2FhTayziLvO3EaVUUaR3bVKf"
            b"CNHZZOJGRW7vN89QnQTHFgd8MAJI"
        ),
        (
            b"kX9neJza7+ubjynvjWYTBOuKOlBHyaV0Zhpeo1RrwuoVcY4rxxOx1dDHPDj1XLlPfD30nBX+zLBJg16XR2YssTqDDhq8YAOlArsC"
            b"r6VJ3BgjbwsbrryqJdhRkWuw6lUG"
        ),
    ),
    15: (
        b"mqwIFnav9GHLQQ4FO3poQxHMkLAzGzBXmhDjrMKH+EA=",
        b"yG9MEMpnSKaWr0+IVXGXMcOjk56rd5Orsl5VBNgIP4sSYnvYvNSfVf20qz4YW+QoOrLQ5jBpBhB6YO3AkMYECA==",
    ),
    16: (
        b"DNzSYUH0V8Aqd8zz+3E7aIz0TeiddzCdKvkt2xN+s554l7CTLNzwELtyALjt/3onUzR4cMbzbMkA",
        (
            b"XMcXnbkj/YbyR1G6zXRp5G7RDV1D3JweLKrMu9IKYi+carHi9/IboPuL6Ug+sOnYBuRYSEgljrYAVKhRnI07heSooarxeP5MYjs5"
            b"yIp9e81RA+QADAGCjkBj2ut+AM/aX5Nrkx1O5LxQTtOowV6xvBgA"
        ),
    ),
    18: (
        (
            b"yk5g65Py+yDXnBsrJhzXgDWRerxrnFBL7Cbx1ghnl1SKm6WEZS4KfXwLLBUNLVSq3pIQfVq3xSFW304rHZpRQcEHM3WD+VejNPJJ"
            b"ix8jz+C/DqdxJlAAvb3SuhMXNRaMgcvcW5IPykO/QG8D3wGilJ5iM2sMTfJtCZLYGqVhun6GGwtIjj/7esk95aOax/y2feQXwJU5"
            b"IAt1N/vKRHOIVxSXTFYFbn/tKOZR2VJVwvTMHtuXx/epoW7JQdKAcHm9SiEmGDy4pmAl9l9qMla5SCSYSB1wMKXBCs/ZrYzRr/lW"
            b"pvyYwFwa+OTTWtKayJTMcKvi6X3FacEI0diu9DSh8ofwtN/hzfKkA/qXloizZCZhZW3NDfscpvRyyE59VkM2eJa9LwNraN5n8Fj5"
            b"ZBSCK5am+mp8u+NOjj5SeUdy5q0afpShP7xkmc4hRGxEg9qEH1R6dylYGyBSaN+iqXYwaJWa1U2sjgVp/MqRaNgLGJ3SZHJz3JMt"
            b"LJwHH9XRMKyXuB6+Zh2N4iFo3N8uocxjF9lEQVZzs3+yF35vngWJFKdEH2oUC4ch1xDTJ6kDKlkmgfOICW+e0gW7ZpQODK0Eh+fv"
            b"uEp7y2kuj2hhJwU4HklZ3QfbgSvjU/C3+y9djRL9JGLDpLW3BcqNZW9TZPhtRrlcgy/MJKNAGbsBpD3cKycH1d8VWdocARbnYPAw"
            b"caeTV6rVoKBxOP8mWGASjIEG86gvjhNxQNeQW1LnJInlHCu8y2h8H4gIDM78DvKC7lgx0gwacdAk65GEqcsuWK6TsF2JkU1wKyRc"
            b"AhLm+8MvfvFjPN3nxgPRwnkkCOnr8mZW9epZxx+V7NBDVlv/DO0hY+fCtv5VPShTDKnJpGuR+oFXkiisyQwBYX6mpBWpLWe4ZbL2"
            b"cQdAEqaXxYWtgN9+NDeHVFn42XYfaZ38stfDL6f1wJpUIE33HcvhsgT7fDw4DCmoxljM8oIy+JhAKv+UDkexuqq/K5uatboCAneI"
            b"8TTmh3fpLwwonbQxNo7uy82E+gKTk1zdSS4eZ52HAwGNGWeK7y/wBCux6jURlc0zUlWV4jsMzrBEj0GQddZxZKS7SyWAj7zYsq2L"
            b"xKEOM/ZsalHd+3PLT4CLCOjIUWVr97aXdBkaR45CUBu11gBx1CSdF0SPx6nXlQChcMEr2CvdKfqofZbbo9qr4pU6H9+LhfrGr034"
            b"hPlQzXGsgwpDx8UZ20x/tg49xdoZ6B4I3YoF8i3kl5kuyEQvc5vCoGSaJ3jpFj3Zx9UWR5VWIF6xWtZwq0VdE8vn5hPOmymQu/tI"
            b"aeBx6wHK+qz8d+auBxKmlY9/Rh2UfOrmZr+B4q1SXoEJG7/8urGhQBvTvROQIRIvygdRaXXeMek1lQRpshurPu8xprsvdpVtfyIX"
            b"0YeiPcyNoeTsxtgE+mMoi3Dj4cQnKWMTSxxt2jpuzn2nDtZ1f+oZuf377cjInGQpcXCWN7rn5UD4IO3Yw3fd8hPUhHv79nWlwPv6"
            b"7MV7i+yD87TnvkpOd6wk6mAmTYjVrCAl2Mqxov1u8lqmgpDIjN7IIq65DBWg79M70Je00qeiiG2+UPRcEoqAylMkDYKRhg0pPIA7"
            b"/9pgwlKRdRxx34XcKaZ98TvvPxaJt37/4kv5kejh1+AtGOukEOuKLCqm9KDhll/Y+LhZWZW4jsM2jYM1ObxR6ZhMAGd9ZlmgKx0k"
            b"fprdqZnVF9lSMhJQnIIiQi2k1WsoG6/cpiujG5N+jtiCvoryLg=="
        ),
        (
            b"IYt0v4utV15fenanOD/Smy8dbxJ4hw+NQ0MRlC+dSCw3AwOwxTstHkzKZZIav2d2dh7KRnS84Hj7AtgUQFzmeChn6o1AkM3Ml/Ez"
            b"DhSnOVDnBgzwHQEWRlIy03rUWrrJ6QW9yCO51eANwXOT2EweqTmgX1m4HJa90PewVIx11GX+cgmnwYT8ggNk5//KGPL9FjoEA/lm"
            b"N8ZpFSolIqb2Y7S1X8Gsm3QELbt1FWxokc0L2AJxqow+8F1Te3+odC2xuob7noHCUbhPEDQ+BeV56C53JNssEMvGUVRhUadLL9iB"
            b"IkcguK5o1NJ/8d0wkR0KZ3kODsh/pn0kqv+mehPzpMz5bxAE8DM2J3hCE2j13lbzyEt1cKfesdliBFjlHlAUvG4CUPSmCnO9G9pd"
            b"RsyikqlCZZSE3h0gHvJ/0yMuMSwopL29FTEK/1I920hXC8KZejFUG7psK9mQR7SapH4rJdF6SVvBQLUV2wwE8TPqESZxBXkOx+Ol"
            b"DmITYP35ioVnhhBWS7XFqouR+q3E/d9F8mqcYbo/IT5EXv9ce1+B3IZpMahVUxAVkM3tkck5NPvIj8yzXYE8a8AK735I3pg4J6AM"
            b"PqI8wDlSbKCwXMG3fyIDBMV6COkbtvmR1FGgnw35P/mHkNRS0syVpJzn1wx91Urib/492CliVUCb7AIDrsAFXT0jjdSHqLQmRdP+"
            b"DkSMgmXYI9MNA13ZyIGHcdvnUKieD5bopaZij2JeXalV8e7/CYO4C1IjlaYu6Xe8rp17ro2oWzJws44S5yeITujhtH7lxvGBggsn"
            b"ll4LG8GUfSrwr05QJrPthpDNU/HfVfvXOp4GgzwaB0vfAvG4AyUh/uaGjNtT8jUZr/yVquR2URyiN1oOe/2GZ7tej0B2iXI5ygA8"
            b"6XtMC/YxSEuaB8FrE8ONDDcYQ4ZXC6edhYaEBsbY0kQNfhrrG44EW6llN5nZAgqOsWU4Q3/atd30D0IzKrQxKI4p6W2UB8jlQeBp"
            b"X5vTgPiOYZuDCJJxmPpO7zK/bGSkIm3GkQ5JXz/gWPxuvouW0AFI7qbqtHXDSgWp8vdofsbwJiB79sOYnPlFPcsCKUAqqHGWA02E"
            b"kUszE6fIqkiX3BL4MjfMMBISczyo/U2zTJGttcReJDkHgCcQ0v00B6P486UyW8eTw3u7nE1h5XZe91KwxmMic4KIAfatRDWgIKNZ"
            b"1pnVDjUU46q0wgcGiICLO0gmPfGlMk+T/fPOI4SyjS09xO+RMV2roPBuhDV9eM13JStG6VgDwHyNgSSongjr1WEBMBbMkcSn8olU"
            b"dN2H5GdJrhJ4+EiJiqJLtuYVNj8DjJl7aBkhG391aW3JGCj2LI/bsF0fqiJE+WtNp1x2LUC+fWp6ugtuK18SvN0DxdhkYH8pOc5B"
            b"X2ZK1/tbUbT0r0mzC4uEeO5qaJvwX9Qt6pOA7Psbunublcca3ZvkpWbjnBz2JsmaBn5i0e8bz4ynwA94JdL4SuSd/MKBRT03nRz/"
            b"rIdLRZs8ZzcWENoyPc+IjPOG4/3CX8SQBs03/H1xRTgtAUp+jr0XlRmad1LgEZh7KizV+U6oJxqFGRrShRRRThv19lMuNwWj8KlY"
            b"WoCIpK+00kPlZMyW1AxLzXCmtC/GCyDQ/AZumk2PFBEAKq8paICM7WLFt/85Z6yoTv78kjsrjQUQ6D+08aXVJ0BsIYzYrunyGVSf"
            b"IDFeGuxOsFRpd++/kfFSGOEHRRVmr/bJE3/nG3nRfGxznp4IZXBYuKOyE99H/GZOnHQ5SqtfpfKMhosOOWNkNMSkSwpdQ9wgfzMw"
            b"lZ+g02YMvTOSOdA5wg5sBne27WTP5XO8BHwU4DAJ+svBljDr+/dfHmmh4BNDg7UydTQoDlrvz24VXLvu3wT+g+DokYD64RlRCgGQ"
            b"vFJmxe0CwvcAIch6rMB3ZYcz0hALfLk5FxtWVPTPq0eTxVRF7nTC3Jr2HUivEUDEFiUXc2SDWUjnh2dwyZ+AmgT7dP8lL+G5tGHw"
            b"H2ZZzKNCuRILrxeHt6G8V0LB2U+Pnr2l032LxRuLjzDcWVUDwC8CRiViq4CLiYc0Hgn0p/jcrnE4T9JRVAdkv/lFkvHKb1MAOmc8"
            b"gL11PQF8SByV6wwzxOkwB5Rk8MBNg4ELMrpC9XP+Jt7mWjkApb9Com50vKhDohzQrHCrVkzwb1h5lXVKpeHBxxz6f723Wez/JJ4v"
            b"Onw7ZLtV2I9bYJNnBb584Y8jaDovtQN95Z75no+wUMDI957X9FEvRUhIM7+aT97wyosOUTFNe0E6dfz4bFKCbkTVJ2a9qtQ5WCTt"
            b"90KNKU8GLj/tD4Cvl7APUfu7PWUhI8B69tRozyUoVW052Mv1k5o0s0Y5hQubUshiA5liJDC6/au28iVCFaH1tFPcDEO1ffmipvpU"
            b"zwSab+KKC7YXr6OjJXJ9/QnUp67BDPBb2KQk+KwN/MuPA3mK6tUybIpMBcwibG2hF/ug/MxD9zyEYcGcN7tcjFlAP0a7+2ROALI6"
            b"GACDf0w0kwTv2HOgxzcjmEaRV0pj2A+7h9DXe9R7QdRy8SIkXuKpcxL/4Gf6H66g/knOmnjpgkqWAjBfstDUvDn+aaXi4Apg8dsu"
            b"5MvUDtltHfvw0KbXO0l2Wtq0p3yWJqwV9f1lsxEPj7EzD5AzqeAeDDNdnuvmd2pvFtInyrYmRNwM4rZ4WKiJjnMmJLlSDPhdROc8"
            b"0GUmaNQ2r63s/ESMbHq0SrQfdQ3iaoXkqPyUykCrnLmIrIfUWnJxgx0bFh1CqMuV0lLYegFDDpxaQebgZ7XAKhwlBB7m5juJVniA"
            b"Zt2J1KMG74kNl/QoE89s+b6y0UWR9puuCZkSnTl4B+V4WWrolEJKVofgH2/qS9znjl2gyfRCaK87PCKYGmPBnmv7/kO5982BCv8d"
            b"9W3wTIKXlKwUHf5vlX/CxsNK+XkUqasim5kpsZEb/W+IwVr5lxPErdcY4/seJpx5jXQJJ1pul7CERlyYl2c4a+tQsywuhmVVA2Ct"
            b"k4RbWocuCiUXmpx6mudfqK4XaUnIW7p3kd7Ra0Kiq2ielErXvt972+4USfJjPdQOYL2mjV9/TPn7gsoIBkqoKsJeJb+NlUPZbghP"
            b"dRlHGZrFJBXtdIcUFxlLfoeWoLja4efxCBIfRExte4eIiYqWmbPN4+nxAQkYHiErLD5JSmluc5GouufpGBkaHB4nQ09rrMPW9f4A"
            b"AAAAAAAAAAAAAAAAAAAAAA0fMT8="
        ),
    ),
}

# Algorithm number -> DNSKEY public key field, signed data, signature field.
KNOWN_ANSWERS = {number: (a2b_base64(key), _DATA, a2b_base64(signature)) for number, (key, signature) in _TABLE.items()}
