"""TEST-ONLY RSA keys: everybody knows these private keys, so a real zone that uses one is signed by everybody.

RSA keys cannot be derived from a seed in the time that a test has, so a world picks among these by its seed. Made for
this file with random primes and the public exponent 65537.
"""

from __future__ import annotations

EXPONENT = 65537

# Modulus bits -> the keys of that size, each as its two primes in hexadecimal.
PRIMES: dict[int, tuple[tuple[str, str], ...]] = {
    512: (
        (
            "c5869a1afa053593b2e4808b5fd4fb9b4069812024bb72f4546231e350545a01",
            "ebbcc972786c1ad38dd2d185843d84c327dda9ff3d159580dbff8a1209507d6d",
        ),
        (
            "f91b2b6a809a11a05f9e7559a4a08a57bf972a912917efb4b4acfe62dcfbf185",
            "dd12e67bb9c70bd648bced1885208b66b817a319e98530e27459c3a6505c34d1",
        ),
    ),
    1024: (
        (
            "eff997bd078814dca4c17d3a63f5e82645bab2b717829e9e6831ef35d3905dc70716a7c96c5a539b4e5488bc868d575f3b54"
            "83543f053d97472b85fad5817485",
            "dbc9c59be91185b49950fc4b675b30eb781865f68a99230a4c99b856ad1d0ebe8716855917c3d3caf68d51bced27afe3ff15"
            "761815b19d85ff8660ee58e524c5",
        ),
        (
            "f2e12e91228978a7329fccafe34b767d8ea9286fbb138c8713674182a4d0a29050e04e4d604a0dfbf8189c37347d20daeccd"
            "4e2d266d795d715ecfbbb3b007f1",
            "c7ad4c60883cac5995a7c43b08a4a1da20d01324250a920b5dc2c99ad91cbea7f4006a8fb528ba7d1b1077861d847df93ab9"
            "338c4e3f24dc0c68b17eea14f951",
        ),
        (
            "e6f0f127f14022633f12744bc48906726be9318052447bcfb3c457e970241cb09eaa17c98b36306f8a8e74b0c6d9eb8405fc"
            "2d6ff3e37b2f0ae6480c7d005c9b",
            "db22332ec4d41496adf557a9200da3252c0571706fedd9e9d937cdc60707c0554d24fc524cc2eabf1993895676e2b4209d19"
            "ba4ba9e878bb88b9a653b57827cf",
        ),
        (
            "c42a986d70e3d59dda851aa943f32c21a18cb5ab6b9f54352a3f91d6182f0d38eac8890429420111741b9571c34664756e7c"
            "575e631a5a38a3842416e229c741",
            "f26a3092951b04b99f90b2051b328139c9737ff74b1e42500131123b694b064be64de44425ff3327e387dc957e98cf17d3ea"
            "cf3f2d4eb6ffdf809b4af1f0d747",
        ),
    ),
    2048: (
        (
            "f13bf8d54933fc8323d5c9b4e47fd145178e266b585becf335ef52a136bd3b80fbcbf82c493c4d9408c1761708f50e851ec7"
            "e30df49ed2b87927b93e9f967f78e90e2c527ff6254251a6cba94eafaed443ebfdad7edf78edb6c9613ec05181ac38035c3f"
            "54ba610e5c26103488e5a25162a7129a340128d34018a7163717351d",
            "d019c088e3dd73cdf698389f8141ab7d1df80870daee856c002a2a5035f49f84c58614ae8736d128a77fecca8780af4e281b"
            "103079838f88dd5baf42e38d910a683b2368ccef0b683914e0d6df3f7d97a13c891b1fde79e45fb12db801516cd7260ac5a5"
            "e6d6a8508fc9d8cae5a45e94660cbd502382dbff9a6b4a57b4fb4469",
        ),
        (
            "e433ed8c5a29e839be45a3c00396ce8152b99959c1035f46b33b4a4a34b644c1b2df2c4682545081b7c97f021fdd63159d38"
            "9b16e8e6b4dac2d1c76a396ad4cbb59f5f5a98216b656a4e65374c263f297e2bf392884b79520bebec2cb78d155d7d6cd383"
            "de56eb382c905c18a36366bf0a3154fc77179e497ebb2a405fd54b3b",
            "d8b1c0e75b6bc837b3e8f5e492181e770d4e4518d78c1e4e42069383c7fd8c73f21525e338bdac5bf38580703490a547f3d0"
            "b7365163cdee1812fd3bfaaff0e0f7b5a295c9c70a9575a4ec17e92f8ef9eed5309ed688cccb31bf9f8366fd1629569126a5"
            "3ffc31fdf334977f267df329778b452afeaae48b1705f0c610a13645",
        ),
        (
            "d06970c583754b2dea50551771cb2f376be8e301fa5829b455345eeadd8fbcbed5db5dc647a52c4788272bdc56847731fc52"
            "bda4fdc597a2008fd2d8e3a2f062a423550a18b911bbdc62cca3295bd39a3f0b34c683f11a2ce56463c5e6b0f01c24bb9fd0"
            "6ffcf447e6181413fa8bf510abd8f873d4a23ec7478563b3a7e496cb",
            "cb07e428cad2ebfc55c433cf63cc75208b8b32d488747ebea44b632deeab91ebd2f2a602b798101193ba756154b9c69e4b62"
            "50c5420d4f6506a69f932877f6136d6c3f4ba4d8ea3dc15be66be9786cd9272a68db1f77d5cc504ae458191f649fe451e1f1"
            "41ecd17028140003a32b8f12d594db13df77a614640c92c40e0e0cf7",
        ),
        (
            "d545eee1e2663472d762d6ca5d1423ce2545322ba4ce63744a320ce3bd8657338dc091d329084a3cd2f2e11fd6a7c3067666"
            "491e9ed9d390ccd7eea80baeffe2cb2629d4606a4f02da7f849165fbdf3967107afcb40f63f8847e224d10949375eaf65dd0"
            "2490cb31124620890ef069d6ddf5230f488af2da18d547181c3d7a57",
            "cba6981aa49a6ba13a52b4c36e7e33a306337965fcd370aa23904f18655457a63e91690ffe5fd90cfaaad23e532b0f769e74"
            "e9b51865ce010c647f2075d1d5110e57067eed51d2acd766513327ae8875c01cbbdf00c1339fab52fed192233e7f67e58b86"
            "787c58d5b31261733d8cf3e9b9cbc2e33dc9372e0c81e7517fae6beb",
        ),
    ),
}
