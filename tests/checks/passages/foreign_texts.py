"""The same passage in languages that nobody asked for, in our own words."""

from __future__ import annotations

FOREIGN: dict[str, str] = {
    "French": (
        "Le tableau suivant compare quatre planètes proches du Soleil. On y trouve le "
        "diamètre de chacune, la durée du jour et le nombre de lunes connues à ce jour. Les "
        "planètes intérieures sont petites et faites de roche. Seule la Terre possède une "
        "lune dans ce tableau, et le jour de Vénus est plus long que son année, parce que "
        "la planète tourne très lentement sur elle-même."
    ),
    "German": (
        "Die folgende Tabelle vergleicht vier Planeten in der Nähe der Sonne. Man findet "
        "darin den Durchmesser, die Länge des Tages und die Zahl der bekannten Monde. Die "
        "inneren Planeten sind klein und bestehen aus Gestein. Nur die Erde hat in dieser "
        "Tabelle einen Mond, und der Tag der Venus ist länger als ihr Jahr, weil sie sich "
        "so langsam dreht. Das war lange nicht bekannt."
    ),
    "Spanish": (
        "La tabla siguiente compara cuatro planetas cercanos al Sol. Se indican el diámetro "
        "de cada uno, la duración del día y el número de lunas conocidas. Los planetas "
        "interiores son pequeños y están hechos de roca. Solo la Tierra tiene una luna en "
        "esta tabla, y el día de Venus es más largo que su año porque el planeta gira muy "
        "despacio sobre sí mismo."
    ),
    "Italian": (
        "La tabella seguente mette a confronto quattro pianeti vicini al Sole. Per ognuno "
        "si trovano il diametro, la durata del giorno e il numero delle lune conosciute. I "
        "pianeti interni sono piccoli e fatti di roccia. Solo la Terra ha una luna in "
        "questa tabella, e il giorno di Venere è più lungo del suo anno, perché il pianeta "
        "gira molto lentamente su se stesso."
    ),
    "Portuguese": (
        "A tabela seguinte compara quatro planetas próximos do Sol. Para cada um são dados "
        "o diâmetro, a duração do dia e o número de luas conhecidas até hoje. Os planetas "
        "interiores são pequenos e feitos de rocha. Só a Terra tem uma lua nesta tabela, e "
        "o dia de Vênus é mais longo do que o seu ano, porque o planeta gira muito devagar."
    ),
    "Dutch": (
        "De volgende tabel vergelijkt vier planeten die dicht bij de zon staan. Voor elke "
        "planeet is de middellijn gegeven, de lengte van de dag en het aantal manen dat "
        "bekend is. De binnenste planeten zijn klein en bestaan uit gesteente. Alleen de "
        "aarde heeft in deze tabel een maan, en de dag is op Venus langer dan het jaar. Dat "
        "was lang niet bekend, of het is vergeten, zoals we in een ander hoofdstuk zien."
    ),
    "Swedish": (
        "Tabellen nedan jämför fyra planeter som ligger nära solen. För varje planet anges "
        "diametern, dygnets längd och antalet kända månar. De inre planeterna är små och "
        "består av sten. Bara jorden har en måne i den här tabellen, och dygnet på Venus är "
        "längre än året eftersom planeten snurrar så långsamt."
    ),
    "Polish": (
        "Poniższa tabela porównuje cztery planety położone blisko Słońca. Dla każdej z nich "
        "podano średnicę, długość doby oraz liczbę znanych księżyców. Planety wewnętrzne są "
        "małe i zbudowane ze skał. Tylko Ziemia ma w tej tabeli księżyc, a doba na Wenus "
        "trwa dłużej niż rok, ponieważ planeta obraca się bardzo powoli."
    ),
    "Indonesian": (
        "Tabel berikut membandingkan empat planet yang dekat dengan Matahari. Untuk setiap "
        "planet disebutkan garis tengah, panjang hari, dan jumlah bulan yang diketahui "
        "sampai sekarang. Planet bagian dalam berukuran kecil dan terdiri dari batu. Hanya "
        "Bumi yang memiliki bulan dalam tabel ini, dan satu hari di Venus lebih lama "
        "daripada satu tahunnya karena planet itu berputar sangat lambat."
    ),
    "Turkish": (
        "Aşağıdaki tablo Güneş'e yakın dört gezegeni karşılaştırır. Her biri için çap, gün "
        "uzunluğu ve bilinen uydu sayısı verilmiştir. İç gezegenler küçüktür ve kayadan "
        "oluşur. Bu tabloda yalnızca Dünya'nın bir uydusu vardır ve Venüs'te bir gün bir "
        "yıldan daha uzundur, çünkü gezegen çok yavaş döner."
    ),
    "Vietnamese": (
        "Bảng sau đây so sánh bốn hành tinh ở gần Mặt Trời. Với mỗi hành tinh, bảng ghi "
        "đường kính, độ dài một ngày và số mặt trăng đã biết. Các hành tinh bên trong đều "
        "nhỏ và được tạo thành từ đá. Chỉ có Trái Đất có một mặt trăng trong bảng này, và "
        "một ngày trên Sao Kim dài hơn một năm vì hành tinh này quay rất chậm."
    ),
    "Finnish": (
        "Seuraava taulukko vertaa neljää planeettaa, jotka ovat lähellä Aurinkoa. "
        "Jokaisesta kerrotaan halkaisija, vuorokauden pituus ja tunnettujen kuiden määrä. "
        "Sisemmät planeetat ovat pieniä ja koostuvat kivestä. Vain Maalla on tässä "
        "taulukossa kuu, ja vuorokausi Venuksessa on pidempi kuin sen vuosi, koska "
        "planeetta pyörii niin hitaasti."
    ),
    "Russian": (
        "Следующая таблица сравнивает четыре планеты, близкие к Солнцу. Для каждой указаны "
        "диаметр, длина суток и число известных спутников. Внутренние планеты невелики и "
        "состоят из камня. Только у Земли в этой таблице есть спутник, а сутки на Венере "
        "длиннее её года, потому что планета вращается очень медленно."
    ),
    "Greek": (
        "Ο πίνακας που ακολουθεί συγκρίνει τέσσερις πλανήτες κοντά στον Ήλιο. Για τον "
        "καθένα δίνονται η διάμετρος, η διάρκεια της ημέρας και ο αριθμός των γνωστών "
        "δορυφόρων. Οι εσωτερικοί πλανήτες είναι μικροί και αποτελούνται από πέτρα. Μόνο η "
        "Γη έχει φεγγάρι σε αυτόν τον πίνακα, και η ημέρα της Αφροδίτης είναι μεγαλύτερη "
        "από το έτος της, επειδή ο πλανήτης περιστρέφεται πολύ αργά."
    ),
    "Japanese": (
        "次の表は、太陽に近い四つの惑星を比べたものである。それぞれの直径、一日の長さ、知ら"
        "れている衛星の数を示している。内側の惑星は小さく、岩石からできている。この表の中で"
        "衛星をもつのは地球だけであり、金星の一日は一年よりも長い。これは金星の自転が非常に"
        "遅いためである。"
    ),
    "Korean": (
        "다음 표는 태양에 가까운 네 행성을 비교한 것이다. 각 행성의 지름과 하루의 길이, 지"
        "금까지 알려진 위성의 수를 나타낸다. 안쪽 행성은 작고 암석으로 이루어져 있다. 이 표"
        "에서 위성을 가진 것은 지구뿐이며, 금성의 하루는 일 년보다 길다. 금성은 매우 느리게"
        " 자전하기 때문이다."
    ),
}
TABLE_FR = """| Planète | Diamètre (km) | Jour (heures) | Lunes |
|---|---|---|---|
| Mercure | 4879 | 4222 | 0 |
| Vénus | 12104 | 2802 | 0 |
| Terre | 12756 | 24 | 1 |
| Mars | 6792 | 24 | 2 |"""
MATH_FR = r"""**Problème.** Un boulanger vend 12 pains à 3 euros chacun et paie 20 euros de farine.
Combien lui reste-t-il à la fin de la journée ?

**Solution.** La recette est de $12 \times 3 = 36$ euros. La farine coûte $20$ euros, donc

$$36 - 20 = 16.$$

Il reste \boxed{16} euros au boulanger. On peut vérifier en ajoutant : $16 + 20 = 36$, ce que
les pains ont bien rapporté, et chacun des douze pains a été vendu trois euros."""
MATH_DE = r"""**Aufgabe.** Ein Bäcker verkauft 12 Brote zu je 3 Euro und zahlt 20 Euro für das Mehl.
Wie viel bleibt ihm am Ende des Tages?

**Lösung.** Die Einnahmen sind $12 \times 3 = 36$ Euro. Das Mehl kostet $20$ Euro, also

$$36 - 20 = 16.$$

Dem Bäcker bleiben \boxed{16} Euro. Man kann das prüfen, indem man addiert: $16 + 20 = 36$, und
so viel haben die Brote auch eingebracht, denn jedes von ihnen wurde für drei Euro verkauft."""
